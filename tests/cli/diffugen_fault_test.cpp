// `ersatz diffugen run`, whatever happens to it: the same bytes in the end.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>

#include "cli/cli_fixture.h"
#include "cli/diffugen_fixture.h"
#include "core/philox.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Content = std::map<std::string, std::string>;

double seconds_of(const DatasetWorkshop& shop, const std::string& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const CommandResult result = shop.run(arguments);
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST(DiffuGenFault, TheSameWhateverShardsLimitsAndRepetitions) {
  const DatasetWorkshop shop;
  ASSERT_EQ(shop.run("--out whole").exit_status, 0);
  const Content whole = shop.content("whole");
  // Two processes at the same time.
  const CommandResult both = run_command(fmt::format(
      "({}) & first=$!\n({})\nsecond=$?\nwait $first\n[ $? = 0 ] && [ "
      "$second = 0 ]",
      shop.command("--out parts --shard 0/2"), shop.command("--out parts --shard 1/2")));
  ASSERT_EQ(both.exit_status, 0) << both.errors;
  // Neither makes what the other makes.
  EXPECT_THAT(shop.files("parts", ".png"), SizeIs(shop.files("whole", ".png").size()));
  std::size_t named = 0;
  for (const char c : both.output) named += c == '\n' ? 1 : 0;
  EXPECT_EQ(named, shop.files("whole/cars/txt2img/images", ".png").size() +
                       shop.files("whole/cars/img2img/images", ".png").size() +
                       shop.files("whole/cars/inpaint/images", ".png").size());
  EXPECT_EQ(shop.content("parts"), whole);

  const CommandResult first = shop.run("--out grown --limit 3 --json");
  ASSERT_EQ(first.exit_status, 0) << first.errors;
  EXPECT_EQ(Json::parse(first.output).at(0).at("made"), 3);
  for (const auto& [path, digest] : shop.content("grown")) {
    if (path.find("/images/") != std::string::npos || path.find("/labels/") != std::string::npos) {
      EXPECT_EQ(whole.at(path), digest) << path;
    }
  }
  ASSERT_EQ(shop.run("--out grown").exit_status, 0);
  EXPECT_EQ(shop.content("grown"), whole);
  // Nothing is made again, whatever the number of shards.
  for (const Json& task : Json::parse(shop.run("--out grown --shard 1/3 --json").output)) {
    EXPECT_EQ(task.at("made"), 0);
  }
  EXPECT_EQ(shop.content("grown"), whole);
}

TEST(DiffuGenFault, WaitsForSourcesThatAreNotThereYet) {
  const DatasetWorkshop shop;
  ASSERT_EQ(shop.run("--task txt2img --shard 0/2").exit_status, 0);
  const CommandResult early = shop.run("--task inpaint --json");
  ASSERT_EQ(early.exit_status, 0) << early.errors;
  EXPECT_EQ(Json::parse(early.output).at(0).at("waiting"), 4);
  EXPECT_EQ(Json::parse(early.output).at(0).at("complete"), false);
  EXPECT_THAT(early.errors, HasSubstr("4 pictures left for later"));
  EXPECT_FALSE(fs::exists(shop / "out/cars/inpaint/dataset.json"));
  ASSERT_EQ(shop.run("--task txt2img --shard 1/2").exit_status, 0);
  const Json late = Json::parse(shop.run("--task inpaint --json").output).at(0);
  EXPECT_EQ(late.at("made"), 4);
  EXPECT_EQ(late.at("complete"), true);
}

TEST(DiffuGenFault, SurvivesBeingKilled) {
  const DatasetWorkshop shop;
  const double seconds = seconds_of(shop, "--out undisturbed");
  core::Stream moments(7, "kill moments");
  int kills = 0;
  for (int round = 0; kills < 8; ++round) {
    ASSERT_LT(round, 20);
    const std::string set = fmt::format("set{}", round);
    CommandResult result;
    do {
      result = shop.run("--out " + set, fmt::format("timeout -s KILL {:.3f}",
                                                    moments.uniform(0.2F, 1.1F) * seconds));
      kills += result.exit_status == 0 ? 0 : 1;
    } while (result.exit_status != 0);
    EXPECT_EQ(shop.content(set), shop.content("undisturbed"));
  }
  RecordProperty("kills", kills);
}

TEST(DiffuGenFault, InterruptedRunsContinue) {
  const DatasetWorkshop shop;
  const double seconds = seconds_of(shop, "--out undisturbed");
  // `timeout` reports 124 when its signal was needed. In the background it sends it twice, to the
  // process and to its group; the second one may be taken for a second Ctrl-C.
  const CommandResult stopped =
      shop.run("--out set", fmt::format("timeout --foreground -s INT {:.3f}", 0.6 * seconds));
  EXPECT_EQ(stopped.exit_status, 124);
  EXPECT_THAT(stopped.errors, HasSubstr("the same command makes what is missing"));
  EXPECT_THAT(shop.files("set", ".partial"), IsEmpty());
  ASSERT_EQ(shop.run("--out set").exit_status, 0);
  EXPECT_EQ(shop.content("set"), shop.content("undisturbed"));
}

TEST(DiffuGenFault, AFullDiskLeavesADatasetThatContinues) {
  if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
  const DatasetWorkshop shop;
  ASSERT_EQ(shop.run("--out undisturbed").exit_status, 0);
  std::uintmax_t all = 0;
  for (const std::string& name : shop.files("undisturbed", "")) {
    all += fs::file_size(shop / ("undisturbed/" + name));
  }
  int full = 0;
  for (const double share : {0.0, 0.01, 0.1, 0.3, 0.55, 0.9, 0.999}) {
    const CommandResult result = shop.run(
        "--out set", fmt::format("LD_PRELOAD='{}' ERSATZ_FULL_DISK='{}' ERSATZ_FULL_DISK_BYTES={}",
                                 ERSATZ_FULL_DISK_LIBRARY, (shop / "set").string(),
                                 static_cast<long>(share * static_cast<double>(all))));
    if (result.exit_status == 0) continue;  // what was left fitted
    ++full;
    EXPECT_EQ(result.exit_status, 50) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("No space left on device"));
    EXPECT_THAT(shop.files("set", ".partial"), IsEmpty());
  }
  EXPECT_GE(full, 3);
  ASSERT_EQ(shop.run("--out set").exit_status, 0);
  EXPECT_EQ(shop.content("set"), shop.content("undisturbed"));
}

TEST(DiffuGenFault, WhatIsLostOrDamagedIsMadeAgain) {
  const DatasetWorkshop shop;
  const std::string line = "--task txt2img --json";
  ASSERT_EQ(shop.run(line).exit_status, 0);
  const Content before = shop.content("out");
  const std::vector<std::string> labels = shop.files("out/cars/txt2img/labels", ".json");
  const auto of = [&](const char* kind, std::size_t i, const char* ending) {
    const std::string& name = labels[i];
    return shop /
           fmt::format("out/cars/txt2img/{}/{}{}", kind, name.substr(0, name.size() - 5), ending);
  };
  fs::remove(of("masks", 0, ".png"));
  std::string bytes = read_text(of("images", 1, ".png"));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_text(of("images", 1, ".png"), bytes);
  write_text(of("labels", 2, ".json"), "{\"prompt_details\": {");
  write_text(of("attentions", 3, ".png"), "");
  fs::remove(of("labels", 4, ".json"));
  EXPECT_EQ(Json::parse(shop.run(line).output).at(0).at("made"), 5);
  EXPECT_EQ(shop.content("out"), before);
}

TEST(DiffuGenFault, OtherSettingsAndOtherFilesAreRefused) {
  const DatasetWorkshop shop;
  ASSERT_EQ(shop.run("--task txt2img --limit 1").exit_status, 0);
  const Content before = shop.content("out");
  const auto refused = [&](const std::string& arguments, const std::string& message) {
    const CommandResult result = shop.run(arguments);
    EXPECT_EQ(result.exit_status, 2) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(message));
  };
  refused("--task txt2img --guidance 3", "was made otherwise (different: guidance)");
  refused("--task txt2img --recipe published", "(different: labels)");
  refused("--task txt2img --batch 2", "(different: batch)");
  write_text(shop / "mine/cars/txt2img/notes.txt", "keep");
  refused("--task txt2img --out mine", "holds notes.txt");
  shop.edit("\"blurry\"", "\"ugly\"");
  refused("--task txt2img", "(different: negative_prompt)");
  EXPECT_EQ(shop.content("out"), before);
}

TEST(DiffuGenFault, ADryRunMakesNothing) {
  const DatasetWorkshop shop;
  const CommandResult result = shop.run("--dry-run --limit 2");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("out/cars/txt2img/images/0001/car_rear_day_clear_good_1_"));
  EXPECT_FALSE(fs::exists(shop / "out"));
}

// Filled up to the full number, a batch gives each picture the same bytes whatever else is in it.
TEST(DiffuGenFault, BatchesMayBeTornApart) {
  const DatasetWorkshop shop;
  const std::string line = "--task txt2img --batch 3 --out ";
  ASSERT_EQ(shop.run(line + "whole").exit_status, 0);
  ASSERT_EQ(shop.run(line + "parts --limit 2").exit_status, 0);
  ASSERT_EQ(shop.run(line + "parts --shard 1/2").exit_status, 0);
  ASSERT_EQ(shop.run(line + "parts").exit_status, 0);
  EXPECT_EQ(shop.content("parts"), shop.content("whole"));
}

}  // namespace
}  // namespace ersatz::test
