#include "core/printable.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/log.h"

namespace ersatz::core {
namespace {

TEST(Printable, ControlCharactersAndBrokenBytesAreSpeltOut) {
  EXPECT_EQ(printable("plain, café, 猫 🐈"), "plain, café, 猫 🐈");
  EXPECT_EQ(printable("\x1b[2J\r\n\t\x7f"), "\\x1b[2J\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  // U+009B is a control sequence introducer to some terminals; U+00A0 is none.
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
  for (const char* broken : {"\xff", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    EXPECT_FALSE(is_utf8(broken));
    for (const char byte : printable(broken)) EXPECT_LT(static_cast<unsigned char>(byte), 0x7F);
  }
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");  // cut off
}

TEST(Printable, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(printable(std::string(200, 'a'), 3), "aaa...");
  EXPECT_EQ(printable("aaa", 3), "aaa");
  EXPECT_EQ(printable("ééé", 3), "éé...");
}

TEST(Printable, MessagesCannotCommandTheTerminal) {
  ::testing::internal::CaptureStderr();
  print_error(Error::untrusted("a\x1b[31m", "two\nlines").with_hint("\x1b]0;title\x07"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "ersatz: error: a\\x1b[31m: two\nlines\n  hint: \\x1b]0;title\\x07\n");
  ::testing::internal::CaptureStderr();
  log_warning("\x1b[1A\x1b[2Khidden");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "warning: \\x1b[1A\\x1b[2Khidden\n");
}

}  // namespace
}  // namespace ersatz::core
