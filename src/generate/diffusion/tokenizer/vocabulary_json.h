// vocab.json: one object {token: id}.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ersatz::generate {

using TokenIds = std::vector<std::pair<std::string, std::int64_t>>;

// The entries of `text`, the content of `file`, in its order. Error::untrusted naming the token for
// anything but one object of different, non-empty tokens with integer ids, or naming the byte where
// it is not JSON.
TokenIds parse_token_ids(std::string_view text, const std::filesystem::path& file);

// The same from the file itself; Error::missing when there is none.
TokenIds read_token_ids(const std::filesystem::path& file);

// The tokens in the order of their ids. Error::untrusted naming `file` and the token unless the ids
// are first, first + 1, ..., each once.
std::vector<std::string> in_order_of_ids(TokenIds entries, std::int64_t first,
                                         const std::filesystem::path& file);

}  // namespace ersatz::generate
