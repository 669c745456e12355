#include "data/fetch/spdx.h"

#include <algorithm>
#include <sstream>

namespace ersatz::data {
namespace {

bool is_license_ref(std::string_view id) {
  constexpr std::string_view kPrefix = "LicenseRef-";
  if (id.size() <= kPrefix.size() || id.substr(0, kPrefix.size()) != kPrefix) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

bool is_operator(std::string_view word) { return word == "AND" || word == "OR" || word == "WITH"; }

}  // namespace

const std::vector<std::string>& known_spdx_ids() {
  static const std::vector<std::string> ids = {
      "0BSD",
      "AGPL-3.0-only",
      "AGPL-3.0-or-later",
      "Apache-2.0",
      "Artistic-2.0",
      "Bitstream-Charter",
      "Bitstream-Vera",
      "BSD-2-Clause",
      "BSD-3-Clause",
      "BSL-1.0",
      "CC-BY-2.0",
      "CC-BY-3.0",
      "CC-BY-4.0",
      "CC-BY-NC-2.0",
      "CC-BY-NC-3.0",
      "CC-BY-NC-4.0",
      "CC-BY-NC-ND-4.0",
      "CC-BY-NC-SA-2.0",
      "CC-BY-NC-SA-3.0",
      "CC-BY-NC-SA-4.0",
      "CC-BY-ND-4.0",
      "CC-BY-SA-2.0",
      "CC-BY-SA-3.0",
      "CC-BY-SA-4.0",
      "CC-PDDC",
      "CC0-1.0",
      "CDLA-Permissive-1.0",
      "CDLA-Permissive-2.0",
      "CDLA-Sharing-1.0",
      "Font-exception-2.0",
      "FTL",
      "GFDL-1.3-or-later",
      "GPL-1.0-or-later",
      "GPL-2.0-only",
      "GPL-2.0-or-later",
      "GPL-3.0-only",
      "GPL-3.0-or-later",
      "GUST-Font-License",
      "HPND",
      "IPA",
      "ISC",
      "LGPL-2.0-or-later",
      "LGPL-2.1-only",
      "LGPL-2.1-or-later",
      "LGPL-3.0-only",
      "LGPL-3.0-or-later",
      "LPPL-1.0",
      "LPPL-1.3a",
      "LPPL-1.3c",
      "MIT",
      "MIT-0",
      "MPL-2.0",
      "ODbL-1.0",
      "ODC-By-1.0",
      "OFL-1.0",
      "OFL-1.1",
      "OGL-UK-3.0",
      "PDDL-1.0",
      "Ubuntu-font-1.0",
      "Unlicense",
      "WTFPL",
      "X11",
      "Zlib",
  };
  return ids;
}

std::string unknown_license_part(std::string_view expression) {
  std::string words(expression);
  std::replace_if(
      words.begin(), words.end(), [](char c) { return c == '(' || c == ')'; }, ' ');
  std::istringstream stream(words);
  const auto& known = known_spdx_ids();
  bool any = false, expect_id = true;
  for (std::string word; stream >> word; expect_id = !expect_id) {
    any = true;
    if (expect_id) {
      if (!is_license_ref(word) && std::find(known.begin(), known.end(), word) == known.end()) {
        return word;
      }
    } else if (!is_operator(word)) {
      return word;
    }
  }
  if (!any) return "(nothing)";
  return expect_id ? "(nothing after the operator)" : std::string();
}

}  // namespace ersatz::data
