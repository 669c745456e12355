// The JSON type used everywhere, and the canonical text that content keys are made from.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::core {

// Keeps the order in which keys were inserted: files read well and diff well.
using Json = nlohmann::ordered_json;

// Keys sorted, no white space, shortest round-trip numbers: equal values give equal text.
std::string canonical_json(const Json& value);

// The keys in which two objects differ, sorted; a key that only one has is among them.
std::vector<std::string> differing_keys(const Json& a, const Json& b);

// Parses a file; rejects duplicate keys, trailing bytes and nesting deeper than 100. Throws
// Error::missing / untrusted.
Json read_json(const std::filesystem::path& path);
// The same from text; `file` is only named in errors.
Json parse_json(std::string_view text, const std::filesystem::path& file);

// The same for files that Python's json module wrote, such as the configurations of diffusers: it
// writes NaN, Infinity and -Infinity, which are no JSON. They become these words as strings.
Json read_python_json(const std::filesystem::path& path);
Json parse_python_json(std::string_view text, const std::filesystem::path& file);

// Atomically writes with two-space indentation and a final newline. NaN and infinity are refused
// (Error::internal): a missing value is null or absent, never a number.
void write_json(const std::filesystem::path& path, const Json& value);

}  // namespace ersatz::core
