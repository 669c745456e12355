#include "core/config.h"

#include <gtest/gtest.h>

#include "core/exit_code.h"
#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("paper", R"(title = "all"
seed = 1
[train]
lr = 1e-3
steps = 100
name = "adam"
sizes = [1, 2]
fast = false
)");
    write("mini", R"(extends = "paper"
title = "less"
differs = ["fewer steps"]
[train]
steps = 5
lr = 1
)");
  }
  void write(const std::string& name, const std::string& text) {
    write_file_atomic(folder_ / ("profiles/" + name + ".toml"), text);
  }
  Config load(const std::string& name) { return Config::load(folder_.path(), name); }
  test::TemporaryFolder folder_;
};

TEST_F(ConfigTest, ExtendsAndKnowsWhatItReduced) {
  const Config config = load("mini");
  EXPECT_EQ(config.profile(), "mini");
  EXPECT_EQ(config.title(), "less");
  EXPECT_EQ(config.get_int("train.steps"), 5);
  EXPECT_EQ(config.get_string("train.name"), "adam");
  EXPECT_DOUBLE_EQ(config.get_float("train.lr"), 1.0);
  const Json difference = config.difference(config.base());
  EXPECT_EQ(difference.size(), 2U);
  EXPECT_EQ(difference["train.steps"], Json::array({100, 5}));
  EXPECT_EQ(config.base().profile(), "paper");
}

TEST_F(ConfigTest, NumbersKeepTheTypeOfTheirKey) {
  Config one = load("mini"), two = load("mini");
  one.override_value("train.lr=2");
  two.override_value("train.lr=2.0");
  EXPECT_EQ(one.digest(), two.digest());
  EXPECT_NE(one.digest(), load("mini").digest());
}

TEST_F(ConfigTest, UnknownNamesAreErrorsWithSuggestion) {
  EXPECT_ERSATZ_ERROR(load("minni"), ExitCode::kUsage, "did you mean 'mini'?");
  Config config = load("mini");
  EXPECT_ERSATZ_ERROR(config.override_value("train.stepps=3"), ExitCode::kUsage,
                      "did you mean 'train.steps'?");
  EXPECT_ERSATZ_ERROR(config.override_value("steps=3"), ExitCode::kUsage, "train.steps");
  write("broken", "extends = \"paper\"\n\n[train]\nstep = 3\n");
  EXPECT_ERSATZ_ERROR(load("broken"), ExitCode::kUsage, "broken.toml:4: unknown key 'train.step'");
  write("loop", "extends = \"loop\"\n");
  EXPECT_ERSATZ_ERROR(load("loop"), ExitCode::kUsage, "loop.toml:1");
  write("there", "extends = \"and_back\"\n");
  write("and_back", "\nextends = \"there\"\n");
  EXPECT_ERSATZ_ERROR(load("there"), ExitCode::kUsage, "and_back.toml:2");
  write("syntax", "a = \n");
  EXPECT_ERSATZ_ERROR(load("syntax"), ExitCode::kUsage, "syntax.toml:1");
}

// Results under such a name could be written, but not be read.
TEST_F(ConfigTest, AProfileThatCanNameNoFolderIsRefused) {
  for (const char* name : {".mine", "my\\profile", ".."}) {
    const fs::path file = folder_ / (std::string("own/") + name + ".toml");
    write_file_atomic(file, "seed = 1\n");
    EXPECT_ERSATZ_ERROR(load(file.string()), ExitCode::kUsage, name);
    write(name, "extends = \"paper\"\n");
    EXPECT_ERSATZ_ERROR(load(name), ExitCode::kUsage, "no name for a folder of runs");
  }
  EXPECT_EQ(profile_names(folder_.path()), (std::vector<std::string>{"mini", "paper"}));
  write_file_atomic(folder_ / "own/my.own.toml", "seed = 1\n");
  EXPECT_EQ(load((folder_ / "own/my.own.toml").string()).profile(), "my.own");
}

TEST_F(ConfigTest, WrongTypesAreErrors) {
  Config config = load("mini");
  EXPECT_ERSATZ_ERROR(config.override_value("train.steps=1.5"), ExitCode::kUsage, "not an integer");
  EXPECT_ERSATZ_ERROR(config.override_value("train.fast=1"), ExitCode::kUsage, "not true or false");
  EXPECT_ERSATZ_ERROR(config.override_value("train.sizes=3"), ExitCode::kUsage, "not a list");
  EXPECT_ERSATZ_ERROR(config.override_value("nonsense"), ExitCode::kUsage, "key=value");
  write("typed", "extends = \"paper\"\n[train]\nname = 3\n");
  EXPECT_ERSATZ_ERROR(load("typed"), ExitCode::kUsage,
                      "typed.toml:3: 'train.name' must be a string");
  write("nan", "extends = \"paper\"\n[train]\nlr = nan\n");
  EXPECT_ERSATZ_ERROR(load("nan"), ExitCode::kUsage, "nan.toml:3");
}

TEST_F(ConfigTest, OverridesOfEveryType) {
  Config config = load("paper");
  config.override_value("train.sizes=[4, 5, 6]");
  config.override_value("train.fast=true");
  config.override_value("train.name=sgd");
  EXPECT_EQ(config.get_ints("train.sizes"), (std::vector<std::int64_t>{4, 5, 6}));
  EXPECT_TRUE(config.get_bool("train.fast"));
  EXPECT_EQ(config.get_string("train.name"), "sgd");
  EXPECT_EQ(config.overrides().size(), 3U);
}

TEST_F(ConfigTest, SliceTakesPrefixesAndExactKeys) {
  const Json slice = load("paper").slice({"train.", "seed"});
  EXPECT_EQ(slice.size(), 6U);
  EXPECT_TRUE(load("paper").slice({"train"}).empty());
}

TEST_F(ConfigTest, CommaListsAreSweeps) {
  const Config config = load("paper");
  const auto runs = expand_sweeps(config, {"train.steps=1,2", "train.lr=0.1,0.2", "seed=3"});
  ASSERT_EQ(runs.size(), 4U);
  EXPECT_EQ(runs[3], (std::vector<std::string>{"train.steps=2", "train.lr=0.2", "seed=3"}));
  EXPECT_EQ(expand_sweeps(config, {"train.sizes=[1,2]"}).size(), 1U);
  EXPECT_EQ(expand_sweeps(config, {}).size(), 1U);
}

TEST_F(ConfigTest, AFileOverDefaultsHoldsWhatDiffers) {
  const test::TemporaryFolder folder;
  const auto file = [&](const std::string& name, const std::string& text) {
    write_file_atomic(folder / name, text);
    return folder / name;
  };
  const Json defaults = {{"seed", 1}, {"net.rate", 0.5}, {"net.sizes", {1, 2}}, {"net.on", {true}}};
  file("base.toml", "title = \"a recipe\"\nseed = 7\nnet.rate = 2\nnet.on = [false, true]\n");
  const Config config =
      Config::load_over(defaults, file("own.toml", "extends = \"base.toml\"\nnet.sizes = [3]\n"));
  EXPECT_EQ(config.profile(), "own");
  EXPECT_EQ(config.get_int("seed"), 7);
  EXPECT_EQ(config.get_float("net.rate"), 2.0);
  EXPECT_EQ(config.get_ints("net.sizes"), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(config.get_bools("net.on"), (std::vector<bool>{false, true}));
  EXPECT_EQ(Config::load_over(defaults, file("empty.toml", "")).digest(),
            Config::from_json(defaults).digest());

  EXPECT_ERSATZ_ERROR(Config::load_over(defaults, file("typo.toml", "seed = 1\nnet.rat = 2\n")),
                      ExitCode::kUsage, "did you mean 'net.rate'?");
  EXPECT_ERSATZ_ERROR(Config::load_over(defaults, file("typo.toml", "seed = 1\nnet.rat = 2\n")),
                      ExitCode::kUsage, "typo.toml:2");
  EXPECT_ERSATZ_ERROR(Config::load_over(defaults, file("type.toml", "seed = \"x\"\n")),
                      ExitCode::kUsage, "an integer");
  for (const char* name : {".hidden.toml", "...toml"}) {
    EXPECT_ERSATZ_ERROR(Config::load_over(defaults, file(name, "seed = 1\n")), ExitCode::kUsage,
                        "is no name for a folder of runs");
  }
  EXPECT_ERSATZ_ERROR(Config::load_over(defaults, folder / "none.toml"), ExitCode::kMissing,
                      "none.toml");
  EXPECT_ERSATZ_ERROR(Config::load_over(defaults, file("lost.toml", "extends = \"gone.toml\"\n")),
                      ExitCode::kMissing, "gone.toml");
  file("a.toml", "extends = \"b.toml\"\n");
  EXPECT_ERSATZ_ERROR(Config::load_over(defaults, file("b.toml", "extends = \"a.toml\"\n")),
                      ExitCode::kUsage, "another file");
}

TEST_F(ConfigTest, TomlRoundTrip) {
  const Config config = load("mini");
  write("copy", config.to_toml());
  EXPECT_EQ(load("copy").digest(), config.digest());
}

}  // namespace
}  // namespace ersatz::core
