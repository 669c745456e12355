// merges.txt: two tokens per line, the pair that is merged first in the first line.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "generate/diffusion/tokenizer/vocabulary.h"

namespace ersatz::generate {

// How a vocabulary receives the token that a merge makes: returns its id, -1 to refuse it.
using MergedToken = std::function<std::int32_t(const std::string& token)>;

// Appends to vocabulary.merges the pairs in `text` (the content of `file`, which errors name with
// the line). A first line that starts with '#' and has "version" in it is skipped; at most
// `max_merges` lines are read. Error::untrusted for lines that are not two tokens separated by one
// space, tokens the vocabulary does not know, and pairs that appear twice.
void parse_merges(std::string_view text, const std::filesystem::path& file, std::size_t max_merges,
                  const MergedToken& merged_token, Vocabulary& vocabulary);

}  // namespace ersatz::generate
