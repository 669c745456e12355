#include "data/fetch/safe_path.h"

#include <gtest/gtest.h>

#include <string>

#include "data/fetch/spdx.h"

namespace ersatz::data {
namespace {

TEST(SafePath, AcceptsOrdinaryRelativePaths) {
  for (const char* path : {"a", "a/b.gz", "..a/b..", ".hidden", "K\xC3\xA4se/\xE6\xA1\x83.png"}) {
    EXPECT_EQ(unsafe_path_reason(path), "") << path;
  }
  EXPECT_EQ(unsafe_path_reason(std::string(255, 'x')), "");
}

TEST(SafePath, NamesTheReasonOfARefusal) {
  EXPECT_EQ(unsafe_path_reason(""), "is empty");
  EXPECT_EQ(unsafe_path_reason("/etc/passwd"), "is absolute");
  EXPECT_EQ(unsafe_path_reason("a/../b"), "climbs out with '..'");
  EXPECT_EQ(unsafe_path_reason(".."), "climbs out with '..'");
  EXPECT_EQ(unsafe_path_reason("a/./b"), "has a '.' component");
  EXPECT_EQ(unsafe_path_reason("a//b"), "has an empty component");
  EXPECT_EQ(unsafe_path_reason("a/"), "has an empty component");
  EXPECT_EQ(unsafe_path_reason("a\\b"), "contains a backslash");
  EXPECT_EQ(unsafe_path_reason("a\nb"), "contains a control character");
  EXPECT_EQ(unsafe_path_reason("a\xFF"), "is not valid UTF-8");
  EXPECT_EQ(unsafe_path_reason(std::string(256, 'x')), "has a name longer than 255 bytes");
  std::string deep = "x";
  while (deep.size() <= 1024) deep += "/xxxxxxxxx";
  EXPECT_EQ(unsafe_path_reason(deep), "is longer than 1024 bytes");
}

TEST(SafePath, DecodesOnlyWellFormedUtf8) {
  EXPECT_EQ(decode_utf8("a\xC3\xA4\xE6\xA1\x83\xF0\x9F\x8D\x91"), U"a\u00E4\u6843\U0001F351");
  EXPECT_FALSE(decode_utf8("\xC0\xAF"));          // overlong '/'
  EXPECT_FALSE(decode_utf8("\xE0\x80\xAF"));      // overlong '/'
  EXPECT_FALSE(decode_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(decode_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(decode_utf8("\xE6\xA1"));          // ends early
  EXPECT_FALSE(decode_utf8("\x80"));              // continuation first
}

TEST(Spdx, ReadsExpressions) {
  for (const char* known : {"MIT", "CC-BY-SA-3.0", "GPL-2.0-or-later WITH Font-exception-2.0",
                            "(MIT OR Apache-2.0) AND OFL-1.1", "LicenseRef-BSDS500-research"}) {
    EXPECT_EQ(unknown_license_part(known), "") << known;
  }
  EXPECT_EQ(unknown_license_part("MITT"), "MITT");
  EXPECT_EQ(unknown_license_part("MIT or Zlib"), "or");
  EXPECT_EQ(unknown_license_part("LicenseRef-"), "LicenseRef-");
  EXPECT_EQ(unknown_license_part("MIT AND"), "(nothing after the operator)");
  EXPECT_EQ(unknown_license_part(" "), "(nothing)");
}

}  // namespace
}  // namespace ersatz::data
