// Names of archive entries, a line each ("d" before those of folders): those admitted are safe
// paths, and no two of them can be the same file on any file system.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "data/fetch/entry_names.h"
#include "data/fetch/safe_path.h"

namespace {

std::string ascii_folded(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ersatz::data;
  static const Utf8Locale locale;
  EntryNames names;
  std::map<std::string, bool> admitted;  // by name; a folder?
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool folder = !line.empty() && line.front() == 'd';
    if (folder) line.remove_prefix(1);
    const EntryNames::Verdict verdict = names.admit(line, folder);
    if (!verdict.refusal.empty() || verdict.name.empty()) continue;
    if (!unsafe_path_reason(verdict.name).empty()) std::abort();
    const auto [place, is_new] = admitted.emplace(ascii_folded(verdict.name), folder);
    if (!is_new && !(place->second && folder)) std::abort();
    // No file stands where a folder must be.
    for (std::size_t slash = verdict.name.find('/'); slash != std::string::npos;
         slash = verdict.name.find('/', slash + 1)) {
      const auto parent = admitted.find(ascii_folded(verdict.name.substr(0, slash)));
      if (parent != admitted.end() && !parent->second) std::abort();
    }
  }
  return 0;
}
