// Decides whether the entries of one archive may share a folder, on any file system.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ersatz::data {

// Switches the calling thread to a UTF-8 locale until destruction: libarchive converts names
// through the locale, and case folding below follows it.
class Utf8Locale {
 public:
  Utf8Locale();
  ~Utf8Locale();
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  void* locale_ = nullptr;  // locale_t, null when there is none
  void* previous_ = nullptr;
};

class EntryNames {
 public:
  struct Verdict {
    std::string name;     // cleaned: no leading "./", no trailing '/'; empty for the root itself
    std::string refusal;  // why the entry is refused; empty when it is admitted
  };

  // Registers an entry. Refused: unsafe_path_reason(), a second file of that name, a name that
  // differs from an earlier one only in case, a file where a folder is and the reverse. The same
  // folder may come twice.
  Verdict admit(std::string_view raw_name, bool is_folder);

 private:
  struct Seen {
    std::string name;
    bool is_folder;
  };
  std::string add(const std::string& name, bool is_folder, bool implied);

  std::map<std::string, Seen> seen_;  // by folded name
};

}  // namespace ersatz::data
