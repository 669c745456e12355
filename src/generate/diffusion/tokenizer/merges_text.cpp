#include "generate/diffusion/tokenizer/merges_text.h"

#include <fmt/format.h>

#include <unordered_set>

#include "core/error.h"

namespace ersatz::generate {

namespace {

bool is_header(std::string_view line) { return line.find("#version") != std::string_view::npos; }

}  // namespace

void parse_merges(std::string_view text, const std::filesystem::path& file, std::size_t max_merges,
                  const MergedToken& merged_token, Vocabulary& vocabulary) {
  std::unordered_set<std::uint64_t> pairs;
  std::size_t number = 0;
  const auto refuse = [&](const std::string& what) {
    throw core::Error(core::ExitCode::kUntrustedData,
                      fmt::format("{}:{}: {}", file.string(), number, what));
  };
  const auto known = [&](const std::string& token) {
    const std::int32_t id = vocabulary.find(token);
    if (id < 0) refuse(fmt::format("token {} is not in the vocabulary", json_quoted(token)));
    return id;
  };

  while (!text.empty() && vocabulary.merges.size() < max_merges) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (number == 1 && is_header(line)) continue;
    if (line.empty() && text.empty()) break;

    const std::size_t space = line.find(' ');
    if (space == 0 || space == std::string_view::npos || space + 1 == line.size() ||
        line.find(' ', space + 1) != std::string_view::npos) {
      refuse(fmt::format("expected two tokens separated by a space, found {}",
                         json_quoted(line.substr(0, 200))));
    }
    const std::string left(line.substr(0, space)), right(line.substr(space + 1));
    Merge merge{known(left), known(right), -1};
    const auto pair =
        static_cast<std::uint64_t>(merge.left) << 32 | static_cast<std::uint64_t>(merge.right);
    if (!pairs.insert(pair).second) {
      refuse(fmt::format("the pair {} {} appears twice", json_quoted(left), json_quoted(right)));
    }
    merge.merged = merged_token(left + right);
    if (merge.merged < 0) {
      refuse(fmt::format("the merged token {} cannot be had", json_quoted(left + right)));
    }
    vocabulary.merges.push_back(merge);
  }
}

}  // namespace ersatz::generate
