// `ersatz generate cgan` with a small generator of random weights.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "core/file_system.h"
#include "core/json.h"
#include "data/images/image_file.h"
#include "models/conditional_gan_generator.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Cgan : public ::testing::Test {
 protected:
  Cgan() {
    models::ConditionalGanOptions options;
    options.classes = 2;
    options.generator_filters = 16;
    save_conditional_gan_generator(folder_ / "g", models::ConditionalGanGenerator(options, 3),
                                   {"hat", "t-shirt"});
  }
  CommandResult cgan(const std::string& arguments) const {
    return run_command(
        fmt::format("cd '{0}' && ERSATZ_RUNS='{0}/runs' '{1}/ersatz' generate cgan {2}",
                    folder_.path().string(), ERSATZ_BIN_DIR, arguments));
  }
  void expect_mistake(const std::string& arguments, int status, const std::string& text) const {
    const CommandResult result = cgan(arguments);
    EXPECT_EQ(result.exit_status, status) << arguments << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(text)) << arguments;
  }

  TemporaryFolder folder_;
};

TEST_F(Cgan, WritesPicturesASheetAndARecord) {
  const CommandResult result = cgan("--weights g --class t-shirt --count 20 --seed 7 --json");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  const fs::path out = folder_ / "cgan-t-shirt-7";
  const data::RgbImage picture = data::read_image(out / "t-shirt_00019.png");
  EXPECT_EQ(picture.width, 28);
  EXPECT_EQ(picture.height, 28);
  EXPECT_TRUE(fs::exists(out / "sheet.png"));
  const core::Json record = core::read_json(out / "cgan.json");
  EXPECT_EQ(core::Json::parse(result.output), record);
  EXPECT_EQ(record.at("files").size(), 20U);
  EXPECT_EQ(record.at("seed"), 7);
  EXPECT_EQ(record.at("weights_sha256").get<std::string>().size(), 64U);

  // The picture does not depend on what else was asked for.
  ASSERT_EQ(cgan("--weights g --count 3 --seed 7 --out both").exit_status, 0);
  EXPECT_EQ(core::read_file(folder_ / "both/t-shirt_00002.png"),
            core::read_file(out / "t-shirt_00002.png"));
  EXPECT_TRUE(fs::exists(folder_ / "both/hat_00000.png"));
}

TEST_F(Cgan, OtherPicturesAreNotMixed) {
  const std::string line = "--weights g --class hat --count 2 --out o ";
  ASSERT_EQ(cgan(line + "--seed 1").exit_status, 0);
  EXPECT_EQ(cgan(line + "--seed 1").exit_status, 0);
  expect_mistake(line + "--seed 2", 2, "another seed");
  EXPECT_EQ(cgan(line + "--seed 2 --overwrite").exit_status, 0);
}

TEST_F(Cgan, OverwritingLeavesNoneOfTheEarlierPictures) {
  ASSERT_EQ(cgan("--weights g --count 3 --out o").exit_status, 0);
  core::write_file_atomic(folder_ / "o/hat_mine.png", "mine");
  core::write_file_atomic(folder_ / "outside_00000.png", "mine");
  // A record that somebody else wrote names what is not its own.
  core::Json record = core::read_json(folder_ / "o/cgan.json");
  for (const char* name : {"../outside_00000.png", "hat_mine.png", "sheet.png", "../g"}) {
    record["files"].push_back(name);
  }
  core::write_json(folder_ / "o/cgan.json", record);
  const CommandResult result = cgan("--weights g --class hat --count 2 --out o --overwrite");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_ / "o")) {
    left.insert(entry.path().filename().string());
  }
  EXPECT_EQ(left, (std::set<std::string>{"cgan.json", "hat_00000.png", "hat_00001.png",
                                         "hat_mine.png", "sheet.png"}));
  EXPECT_TRUE(fs::exists(folder_ / "outside_00000.png"));
  EXPECT_TRUE(fs::exists(folder_ / "g"));
}

TEST_F(Cgan, ClassesOfAFileDoNotLeadElsewhere) {
  models::Safetensors file = models::load_safetensors(folder_ / "g");
  file.metadata["class_names"] = core::Json({"hat", "../../pwn/x"}).dump();
  models::save_safetensors(folder_ / "evil", file.tensors, file.metadata);
  expect_mistake("--weights evil --count 1 --out in/o", 30, "evil: metadata 'class_names'");
  EXPECT_FALSE(fs::exists(folder_ / "pwn"));
  EXPECT_FALSE(fs::exists(folder_ / "in"));
}

TEST_F(Cgan, MistakesAreNamed) {
  expect_mistake("--weights g --class hta", 2, "did you mean 'hat'?");
  expect_mistake("--weights none", 40, "there is no file none");
  expect_mistake("--class hat", 40, "no finished run of the experiment clothing");
  expect_mistake("--run 2026", 40, "there is no run '2026'");
  expect_mistake("--weights g --run x", 2, "excludes");
  expect_mistake("--weights g --count 0", 2, "--count");
  expect_mistake("--weights g --clas hat", 2, "'--class'");
  core::write_file_atomic(folder_ / "bad", "no safetensors");
  expect_mistake("--weights bad", 30, "bad");
}

}  // namespace
}  // namespace ersatz::test
