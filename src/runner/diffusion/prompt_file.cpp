#include "runner/diffusion/prompt_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/error.h"
#include "core/file_system.h"
#include "data/fetch/safe_path.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPromptFile = std::uint64_t{64} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Why `text` cannot be a prompt; empty when it can.
std::string fault(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return "holds a NUL character";
  if (!data::decode_utf8(text)) return "is not valid UTF-8";
  return {};
}

constexpr const char* kHint = "save it as UTF-8 (`iconv -f latin1 -t utf-8` converts)";

}  // namespace

void require_text(const std::string& text, const std::string& where) {
  const std::string reason = fault(text);
  if (!reason.empty()) throw core::Error::usage(fmt::format("{} {}", where, reason));
}

std::vector<std::string> read_prompt_file(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    throw core::Error::missing(fmt::format("there is no prompt file {}", file.string()));
  }
  const std::string bytes = core::read_file(file, kMaxPromptFile);
  std::string_view rest = bytes;
  if (rest.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    rest.remove_prefix(kByteOrderMark.size());
  }
  std::vector<std::string> prompts;
  for (std::uint32_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view prompt = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!prompt.empty() && prompt.back() == '\r') prompt.remove_suffix(1);
    const std::string reason = fault(prompt);
    if (!reason.empty()) {
      throw core::Error::at_line(file, line, fmt::format("the prompt {}", reason), kHint);
    }
    if (prompt.find_first_not_of(" \t") != std::string_view::npos) prompts.emplace_back(prompt);
  }
  if (prompts.empty()) {
    throw core::Error::usage(fmt::format("{} has no prompt", file.string()),
                             "one prompt is expected on each line");
  }
  return prompts;
}

}  // namespace ersatz::runner
