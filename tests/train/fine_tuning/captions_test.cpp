#include "train/fine_tuning/captions.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "support/growth.h"
#include "support/test_support.h"

namespace ersatz::train {
namespace {

using core::ExitCode;
using Lines = std::vector<std::string>;

class Captions : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    core::write_file_atomic(folder_ / name, text);
  }
  Lines read(const Lines& pictures) { return read_captions(folder_.path(), pictures); }

  test::TemporaryFolder folder_;
};

TEST_F(Captions, StandBesideThePictures) {
  write("a.txt", "\xef\xbb\xbf a red car\r\n");
  write("more/b.txt", "two\nlines");
  EXPECT_EQ(read({"a.png", "more/b.JPG"}), (Lines{"a red car", "two lines"}));
  EXPECT_ERSATZ_ERROR(read({"a.png", "c.png"}), ExitCode::kMissing, "c.png has no caption");
  write("c.txt", " \n");
  EXPECT_ERSATZ_ERROR(read({"c.png"}), ExitCode::kUntrustedData, "c.txt");
  write("c.txt", "caf\xe9");
  EXPECT_ERSATZ_ERROR(read({"c.png"}), ExitCode::kUntrustedData, "UTF-8");
}

TEST_F(Captions, OrInOneFileForAll) {
  write("a.txt", "not looked at");
  write("metadata.jsonl",
        "{\"file_name\": \"b.png\", \"text\": \"a kiwi \"}\n\n"
        "{\"file_name\": \"a.png\", \"text\": \"caf\\u00e9\", \"more\": 1}\r\n");
  EXPECT_EQ(read({"a.png", "b.png"}), (Lines{"caf\xc3\xa9", "a kiwi"}));
  EXPECT_ERSATZ_ERROR(read({"a.png", "b.png", "c.png"}), ExitCode::kMissing, "c.png has no");
}

TEST_F(Captions, ManyTakeTimeByTheirNumber) {
  const auto read_all = [&](std::size_t n) {
    Lines pictures;
    std::string metadata;
    for (std::size_t i = 0; i < n; ++i) {
      pictures.push_back("pictures/" + std::to_string(i) + ".png");
      metadata += R"({"file_name": ")" + pictures.back() + R"(", "text": "a car"})" + "\n";
    }
    write("metadata.jsonl", metadata);
    EXPECT_EQ(read(pictures).size(), n);
  };
  EXPECT_LT(test::growth(5'000, read_all), test::kNearlyLinear);
}

TEST_F(Captions, MistakesAreNamedByLine) {
  const auto refused = [&](const std::string& line, const char* text) {
    write("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"a\"}\n" + line + "\n");
    EXPECT_ERSATZ_ERROR(read({"a.png", "b.png"}), ExitCode::kUsage, text);
    EXPECT_ERSATZ_ERROR(read({"a.png", "b.png"}), ExitCode::kUsage, "metadata.jsonl:2");
  };
  refused("{\"file_name\": \"b.png\"", "no JSON object");
  refused("[1]", "file_name");
  refused("{\"text\": \"b\"}", "file_name");
  refused("{\"file_name\": \"b.png\"}", "the caption is empty");
  refused("{\"file_name\": \"b.png\", \"text\": 3}", "the caption is empty");
  refused("{\"file_name\": \"z.png\", \"text\": \"z\"}", "there is no picture z.png");
  refused("{\"file_name\": \"a.png\", \"text\": \"z\"}", "a.png is there twice");
}

}  // namespace
}  // namespace ersatz::train
