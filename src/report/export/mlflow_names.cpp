#include "report/export/mlflow_names.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include "core/digest.h"

namespace ersatz::report {
namespace {

constexpr std::size_t kLongestName = 250;  // characters
// Of a file's name in bytes, with room for a number that tells two names apart.
constexpr std::size_t kLongestPart = 240;

// What Python's \w matches.
bool is_word(utf8proc_int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return code_point == '_';
  }
}

// `text` with '_' for every character that is not allowed and every byte that is no UTF-8.
std::string allowed_characters(std::string_view text) {
  std::string result;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t code_point = 0;
    const auto length =
        utf8proc_iterate(bytes + i, static_cast<utf8proc_ssize_t>(text.size() - i), &code_point);
    if (length <= 0) {
      result += '_';
      ++i;
      continue;
    }
    const bool allowed = is_word(code_point) || code_point == '/' || code_point == '.' ||
                         code_point == '-' || code_point == ' ';
    if (allowed)
      result += text.substr(i, static_cast<std::size_t>(length));
    else
      result += '_';
    i += static_cast<std::size_t>(length);
  }
  return result;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::size_t characters(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

// The first bytes of `text`, at most `bytes`, without a torn character.
std::string_view beginning(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && continues_character(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

std::string cut(std::string_view text, std::size_t bytes, std::string_view of) {
  return fmt::format("{}-{}", beginning(text, bytes - 9), core::sha256_hex(of).substr(0, 8));
}

}  // namespace

std::string mlflow_name(std::string_view name) {
  const std::string allowed = allowed_characters(name);
  std::string result;
  for (std::size_t begin = 0; begin <= allowed.size();) {
    const std::size_t end = std::min(allowed.find('/', begin), allowed.size());
    std::string part = allowed.substr(begin, end - begin);
    if (part.empty()) part = "_";
    if (part == "." || part == "..") std::fill(part.begin(), part.end(), '_');
    // MLflow takes whatever begins with ".." for a path upwards.
    if (begin == 0 && part.rfind("..", 0) == 0) part.replace(0, 2, "__");
    if (part.size() > kLongestPart) part = cut(part, kLongestPart, name);
    result += (begin == 0 ? "" : "/") + part;
    begin = end + 1;
  }
  if (characters(result) > kLongestName) {
    result = cut(result, kLongestPart, name);
    // The cut may have left a folder without a name.
    std::replace(result.begin(), result.end(), '/', '.');
  }
  return result;
}

bool MlflowNames::is_free(const std::string& name) const {
  if (files_.count(name) != 0 || folders_.count(name) != 0) return false;
  for (std::size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1)) {
    if (files_.count(name.substr(0, slash)) != 0) return false;
  }
  return true;
}

std::string MlflowNames::operator()(const std::string& name) {
  const auto known = given_.find(name);
  return known != given_.end() ? known->second : another(name);
}

std::string MlflowNames::another(const std::string& name) {
  std::string chosen = mlflow_name(name);
  if (!is_free(chosen)) std::replace(chosen.begin(), chosen.end(), '/', '.');
  const std::string stem = chosen;
  for (int number = 2; !is_free(chosen); ++number) chosen = fmt::format("{}_{}", stem, number);
  files_.insert(chosen);
  for (std::size_t slash = chosen.find('/'); slash != std::string::npos;
       slash = chosen.find('/', slash + 1)) {
    folders_.insert(chosen.substr(0, slash));
  }
  given_.emplace(name, chosen);
  if (chosen != name) changed_.emplace(name, chosen);
  return chosen;
}

}  // namespace ersatz::report
