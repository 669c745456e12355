#include "core/json.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json_document.h"

namespace ersatz::core {
namespace {

void refuse_non_finite(const Json& value, const std::string& where) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    throw Error::numeric("a number to be written as JSON", where.empty() ? "the top level" : where);
  }
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) refuse_non_finite(child, where + "/" + key);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      refuse_non_finite(value[i], where + "/" + std::to_string(i));
    }
  }
}

constexpr std::uint64_t kMaxJsonBytes = std::uint64_t{256} << 20;

// Puts quotes around the words for numbers that are not finite, where they are not in a string.
std::string quote_non_finite(std::string_view text) {
  std::string quoted;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!in_string) {
      for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
        if (text.substr(i, word.size()) != word) continue;
        quoted.append("\"").append(word).append("\"");
        i += word.size();
        break;
      }
      if (i == text.size()) break;
    }
    quoted += text[i];
    if (in_string && text[i] == '\\' && i + 1 < text.size()) {
      quoted += text[++i];
    } else if (text[i] == '"') {
      in_string = !in_string;
    }
  }
  return quoted;
}

}  // namespace

std::string canonical_json(const Json& value) {
  // nlohmann::json sorts object keys; its number output is the shortest that round-trips.
  return nlohmann::json::parse(value.dump()).dump();
}

std::vector<std::string> differing_keys(const Json& a, const Json& b) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : a.items()) {
    if (!b.contains(key) || canonical_json(b.at(key)) != canonical_json(value)) {
      keys.push_back(key);
    }
  }
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key)) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

Json parse_json(std::string_view text, const std::filesystem::path& file) {
  JsonDocument document;
  if (Json::sax_parse(text, &document)) return document.take();
  throw document.byte() ? Error::untrusted(file, document.problem(), *document.byte())
                        : Error::untrusted(file, document.problem());
}

Json parse_python_json(std::string_view text, const std::filesystem::path& file) {
  return parse_json(quote_non_finite(text), file);
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path, kMaxJsonBytes), path);
}

Json read_python_json(const std::filesystem::path& path) {
  return parse_python_json(read_file(path, kMaxJsonBytes), path);
}

void write_json(const std::filesystem::path& path, const Json& value) {
  refuse_non_finite(value, "");
  write_file_atomic(path, value.dump(2) + "\n");
}

}  // namespace ersatz::core
