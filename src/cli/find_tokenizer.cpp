#include "cli/find_tokenizer.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"

namespace ersatz::cli {

namespace fs = std::filesystem;
using generate::ClipTokenizer;

ClipTokenizer find_tokenizer(const std::string& model_folder, const std::string& vocabulary) {
  if (!vocabulary.empty()) return ClipTokenizer::load_openai(vocabulary);
  if (model_folder.empty()) {
    throw core::Error::usage("whose tokens? No model was given",
                             "--model DIR, or --vocabulary bpe_simple_vocab_16e6.txt.gz");
  }
  const fs::path model = model_folder;
  std::error_code ignored;
  if (!fs::exists(model, ignored)) {
    throw core::Error::missing(fmt::format("there is no model {}", model.string()));
  }
  if (!fs::is_directory(model, ignored)) {
    throw core::Error::usage(
        fmt::format("{} is a single file, which has no tokenizer in it", model.string()),
        "SD 1.x and 2.x use CLIP's: --vocabulary bpe_simple_vocab_16e6.txt.gz");
  }
  // A model's folder, or the tokenizer's own.
  const bool own = fs::exists(model / "vocab.json", ignored);
  return ClipTokenizer::load(own ? model : model / "tokenizer");
}

}  // namespace ersatz::cli
