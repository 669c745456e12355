// Prompts: whatever the bytes, they are refused as not UTF-8 or become ids of the vocabulary, and
// weights in them only take characters away.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/file_system.h"
#include "generate/diffusion/prompt_weights.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"

namespace {

using namespace ersatz;

generate::ClipTokenizer small_tokenizer() {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("ersatz-fuzz-" + std::to_string(getpid()));
  core::write_file_atomic(file, "#version: 0.2\nl o\nlo w</w>\nlo w\ne r</w>\nlow er</w>\n! !\n");
  generate::ClipTokenizer tokenizer = generate::ClipTokenizer::load_openai(file);
  std::filesystem::remove(file);
  tokenizer.add_token("<x>");
  tokenizer.add_token("<x>_1");
  return tokenizer;
}

void check_weights(generate::PromptWeights notation, std::string_view prompt) {
  const auto pieces = generate::parse_prompt_weights(notation, prompt);
  std::size_t bytes = 0;
  for (const generate::WeightedText& piece : pieces) bytes += piece.text.size();
  // compel's pieces are joined by spaces of their own.
  const std::size_t most =
      notation == generate::PromptWeights::kCompel ? 2 * prompt.size() : prompt.size();
  if (pieces.empty() || bytes > most) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const generate::ClipTokenizer tokenizer = small_tokenizer();
  const std::string_view prompt(reinterpret_cast<const char*>(data), size);
  check_weights(generate::PromptWeights::kA1111, prompt);
  check_weights(generate::PromptWeights::kCompel, prompt);
  std::vector<std::int64_t> ids;
  try {
    ids = tokenizer.encode(prompt);
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUsage) std::abort();
    return 0;
  }
  for (const std::int64_t id : ids) {
    if (id < 0 || id >= tokenizer.size()) std::abort();
  }
  const generate::TokenizedPrompt framed = tokenizer.tokenize(prompt);
  if (framed.ids.size() > 77 || framed.ids.front() != tokenizer.bos() ||
      framed.ids.back() != tokenizer.eos()) {
    std::abort();
  }
  tokenizer.encode(tokenizer.decode(ids));  // throws unless it is UTF-8
  return 0;
}
