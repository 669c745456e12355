#include "core/toml.h"

#include <gtest/gtest.h>

#include <string>

#include "core/exit_code.h"
#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

class TomlTest : public testing::Test {
 protected:
  toml::table read(const std::string& text) {
    write_file_atomic(folder_ / "x.toml", text);
    return read_toml(folder_ / "x.toml");
  }

 private:
  test::TemporaryFolder folder_;
};

std::string dotted(int parts, const std::string& part = "a", const std::string& dot = ".") {
  std::string key = part;
  for (int i = 1; i < parts; ++i) key += dot + part;
  return key;
}

TEST_F(TomlTest, KeysOfManyPartsAreRefused) {
  EXPECT_EQ(read(dotted(16) + " = 1\n").size(), 1U);
  EXPECT_EQ(read("[" + dotted(16) + "]\n").size(), 1U);
  for (const std::string& key :
       {dotted(17), dotted(60'000), dotted(17, "\"b c\""), dotted(17, "'.'"),
        dotted(17, "a", " . "), dotted(17, "\"\\\"\"")}) {
    EXPECT_ERSATZ_ERROR(read("# one\n" + key + " = 1\n"), ExitCode::kUsage,
                        "x.toml:2: a key of more than 16 parts");
    EXPECT_ERSATZ_ERROR(read("[" + key + "]\n"), ExitCode::kUsage, "x.toml:1");
    EXPECT_ERSATZ_ERROR(read("x = {" + key + " = 1}\n"), ExitCode::kUsage, "x.toml:1");
    // Behind strings that could hide it.
    EXPECT_ERSATZ_ERROR(read("x = [\"\"\"\n'''\"'# \\\" \"\"\"\"\",\n{" + key + " = 1}]\n"),
                        ExitCode::kUsage, "x.toml:3");
    EXPECT_ERSATZ_ERROR(read("x = ['''\n\"\"\"\"'# \\'''',\n{" + key + " = 1}]\n"),
                        ExitCode::kUsage, "x.toml:3");
    EXPECT_ERSATZ_ERROR(read("x = [ # it's \"\n{" + key + " = 1}]\n"), ExitCode::kUsage,
                        "x.toml:2");
  }
}

TEST_F(TomlTest, DotsThatBelongToNoKeyAreNotCounted) {
  const std::string prose = dotted(40);
  const toml::table table = read(
      "# " + prose + "\na = \"" + prose + "\" # " + prose + "\nb = '" + prose + "'\nc = \"\"\"" +
      prose + "\n" + prose + "\"\"\"\nd = '''\n" + prose + "'''\ne = [0.5, 1.5, 2.5,\n5.5e1]\n");
  EXPECT_EQ(table.size(), 5U);
}

}  // namespace
}  // namespace ersatz::core
