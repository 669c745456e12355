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
constexpr std::size_t kLongestExtension = 16;  // bytes

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

bool is_in_names(utf8proc_int32_t code_point) {
  return is_word(code_point) || code_point == '/' || code_point == '.' || code_point == '-' ||
         code_point == ' ';
}

// What is itself in MLflow's addresses of artifacts.
bool is_in_addresses(utf8proc_int32_t code_point) {
  constexpr std::string_view kSpecial = "#%:;?\\";
  if (code_point < ' ' || (code_point >= 0x7F && code_point <= 0x9F)) return false;
  return code_point > 0x7F ||
         kSpecial.find(static_cast<char>(code_point)) == std::string_view::npos;
}

// `text` with '_' for every character that is not `allowed` and every byte that is no UTF-8.
template <class Allowed>
std::string allowed_characters(std::string_view text, Allowed allowed) {
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
    if (allowed(code_point))
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
  const std::string allowed = allowed_characters(name, is_in_names);
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

std::string mlflow_file_name(std::string_view name) {
  std::string result = allowed_characters(name, is_in_addresses);
  // Python's urlsplit drops spaces before an address.
  for (std::size_t i = 0; i < result.size() && result[i] == ' '; ++i) result[i] = '_';
  return result;
}

bool MlflowNames::is_below_a_file(const std::string& name) const {
  for (std::size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1)) {
    if (files_.count(name.substr(0, slash)) != 0) return true;
  }
  return false;
}

bool MlflowNames::is_free(const std::string& name) const {
  return files_.count(name) == 0 && folders_.count(name) == 0 && !is_below_a_file(name);
}

std::string MlflowNames::operator()(const std::string& name) {
  const auto known = given_.find(name);
  return known != given_.end() ? known->second : another(name);
}

std::string MlflowNames::numbered(const std::string& name, int number) const {
  if (kind_ == Kind::kValues) return fmt::format("{}_{}", name, number);
  const std::size_t slash = name.rfind('/');
  const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
  std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot <= begin || name.size() - dot > kLongestExtension) {
    dot = name.size();
  }
  const std::string extension = name.substr(dot);
  return fmt::format(
      "{}{}_{}{}", name.substr(0, begin),
      beginning(std::string_view(name).substr(begin, dot - begin), kLongestPart - extension.size()),
      number, extension);
}

std::string MlflowNames::another(const std::string& name) {
  std::string chosen = kind_ == Kind::kFiles ? mlflow_file_name(name) : mlflow_name(name);
  // Files stay in their folder while it can be one.
  if (kind_ == Kind::kFiles ? is_below_a_file(chosen) : !is_free(chosen)) {
    std::replace(chosen.begin(), chosen.end(), '/', '.');
    if (chosen.size() > kLongestPart) chosen = cut(chosen, kLongestPart, name);
  }
  const std::string wanted = chosen;
  for (int number = 2; !is_free(chosen); ++number) chosen = numbered(wanted, number);
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
