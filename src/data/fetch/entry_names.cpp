#include "data/fetch/entry_names.h"

#include <fmt/format.h>
#include <locale.h>

#include <cwctype>

#include "data/fetch/safe_path.h"

namespace ersatz::data {
namespace {

// One text for all spellings of a name that a case-insensitive file system takes for the same.
std::string folded(const std::string& name) {
  std::string key;
  for (const char32_t point : decode_utf8(name).value_or(std::u32string())) {
    key += std::to_string(std::towlower(std::towupper(static_cast<wint_t>(point))));
    key += ' ';
  }
  return key;
}

}  // namespace

Utf8Locale::Utf8Locale() {
  locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (locale == nullptr) locale = newlocale(LC_CTYPE_MASK, "en_US.UTF-8", nullptr);
  if (locale == nullptr) return;
  locale_ = locale;
  previous_ = uselocale(locale);
}

Utf8Locale::~Utf8Locale() {
  if (locale_ == nullptr) return;
  uselocale(static_cast<locale_t>(previous_));
  freelocale(static_cast<locale_t>(locale_));
}

std::string EntryNames::add(const std::string& name, bool is_folder, bool implied) {
  const auto [place, is_new] = seen_.try_emplace(folded(name), Seen{name, is_folder});
  if (is_new) return {};
  const Seen& earlier = place->second;
  if (earlier.name != name) {
    return fmt::format("differs from the earlier entry '{}' only in case", earlier.name);
  }
  if (earlier.is_folder && is_folder) return {};
  if (earlier.is_folder != is_folder) {
    return implied ? fmt::format("lies below '{}', which is a file", name)
                   : "is both a file and a folder";
  }
  return "appears twice";
}

EntryNames::Verdict EntryNames::admit(std::string_view raw_name, bool is_folder) {
  std::string_view name = raw_name;
  while (name.substr(0, 2) == "./") name.remove_prefix(2);
  if (is_folder && !name.empty() && name.back() == '/') name.remove_suffix(1);
  if (is_folder && (name.empty() || name == ".") && !raw_name.empty() && raw_name.front() == '.') {
    return {};
  }
  Verdict verdict{std::string(name), unsafe_path_reason(name)};
  for (std::size_t slash = name.find('/');
       verdict.refusal.empty() && slash != std::string_view::npos;
       slash = name.find('/', slash + 1)) {
    verdict.refusal = add(verdict.name.substr(0, slash), true, true);
  }
  if (verdict.refusal.empty()) verdict.refusal = add(verdict.name, is_folder, false);
  return verdict;
}

}  // namespace ersatz::data
