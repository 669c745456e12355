#include "core/json_lines.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

TEST(JsonLines, KeysAndElements) {
  const JsonLines lines = json_lines(
      "{\n"
      "  \"a\": {\"b\":\n"
      "    [1, \"x\\\"]}\",\n"
      "     {\"c/d~\": null}], \"e\" : {}\n"
      "  },\n"
      "\n"
      "  \"f\":\n"
      "   -1.5e3, \"g\": [ ]\n"
      "}\n");
  const std::pair<const char*, std::uint32_t> expected[] = {
      {"", 1},       {"/a", 2},     {"/a/b", 2},          {"/a/b/0", 3},
      {"/a/b/1", 3}, {"/a/b/2", 4}, {"/a/b/2/c~1d~0", 4}, {"/a/e", 4},
      {"/f", 7},     {"/g", 8}};
  for (const auto& [pointer, line] : expected) {
    ASSERT_EQ(lines.count(pointer), 1U) << pointer;
    EXPECT_EQ(lines.at(pointer), line) << pointer;
  }
  EXPECT_EQ(lines.size(), std::size(expected));
}

TEST(JsonLines, EveryPointerFindsItsValue) {
  const test::TemporaryFolder folder;
  write_json(folder / "a.json", {{"x", {1, 2, {{"y", true}}}}, {"", "empty key"}});
  const LocatedJson located = read_located_json(folder / "a.json");
  for (const auto& [pointer, line] : located.lines) {
    EXPECT_TRUE(located.value.contains(Json::json_pointer(pointer))) << pointer;
    EXPECT_GE(line, 1U);
  }
  EXPECT_EQ(located.lines.size(), 7U);
}

TEST(JsonLines, LongKeysAreNotRepeatedForEveryElement) {
  std::string text = "{\"" + std::string(10'000, 'k') + "\": [0";
  for (int i = 0; i < 50'000; ++i) text += ",0";
  text += "],\n\"short\": [1]}";
  const JsonLines lines = json_lines(text);
  EXPECT_EQ(lines, (JsonLines{{"", 1}, {"/short", 2}, {"/short/0", 2}}));
}

TEST(JsonLines, DamagedTextIsNotReadBeyondItsEnd) {
  const std::string text = "{\"a\": [1, {\"b\": \"c\\\\\"}]}";
  for (std::size_t size = 0; size < text.size(); ++size) {
    // Text that parse_json refuses: only that nothing breaks.
    try {
      json_lines(text.substr(0, size));
    } catch (const std::exception&) {
    }
  }
}

}  // namespace
}  // namespace ersatz::core
