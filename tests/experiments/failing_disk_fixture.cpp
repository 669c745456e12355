#include "experiments/failing_disk_fixture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <sstream>

#include "core/file_system.h"
#include "core/json.h"
#include "core/stage.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCard = R"(id = "mnist"
title = "Very little of mnist"
summary = "As little as can be trained and published."
version = 1
datasets = ["fonts"]

[citation]
authors = ["Max Maton"]
title = "Exploiting synthetic images for real-world image recognition"
year = 2018
venue = "Talk"
bibtex = "@misc{maton2018exploiting}"

[[table]]
id = "labels"
title = "GAN digits that keep their label"
caption = "As judged by a classifier."
points = "all"
point_label = "N real images"
columns = [{ metric = "gan.label_kept", label = "label kept" }]

[[figure]]
id = "labels"
title = "GAN digits that keep their label"
caption = "As judged by a classifier."
x_label = "real images N"
y_label = "label kept, %"
series = [{ metric = "gan.label_kept", label = "GAN digits", color = "purple" }]

[[changelog]]
version = 1
date = "2020-01-01"
text = "First."
)";

// {}: the seed.
constexpr const char* kProfile = R"(extends = "smoke"
title = "As little as can be trained and published"
cost = "a second"
differs = ["Everything is as small as it can be."]
seed = {}
replicates = 1

[data]
train_images = 950
test_images = 50

[fonts]
angles = 1
test_images = 10

[sweep]
ratios = [900]
gan_ratios = [900]
sets = ["gan"]

[gan]
steps = 2
batch_size = 2
generator_filters = 2
discriminator_filters = 2
task_filters = 2
task_hidden_units = 4

[classifier]
steps = 4
batch_size = 4
conv1_filters = 2
conv2_filters = 2
hidden_units = 4

[run]
checkpoint_every = 2
)";

std::string without_speed(const std::string& log) {
  std::istringstream lines(log);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    core::Json json = core::Json::parse(line);
    EXPECT_EQ(json.erase("images_per_second"), 1U) << line;
    kept += json.dump() + "\n";
  }
  return kept;
}

// Of a journal, whose lines stand in the order in which threads were done.
std::string in_order(const std::string& journal) {
  std::istringstream text(journal);
  std::set<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.insert(line);
  std::string sorted;
  for (const std::string& line : lines) sorted += line + "\n";
  return sorted;
}

fs::path source_root() { return fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path(); }

}  // namespace

FailingRun run_failing(const ExperimentRun& run, const std::string& arguments,
                       const Failure& failure, const std::string& environment) {
  const TemporaryFolder counted;
  FailingRun failing;
  failing.result = run.run(
      arguments,
      fmt::format("{} LD_PRELOAD='{}' ERSATZ_FAILING_FOLDER='{}' ERSATZ_FAILING_CALL={} "
                  "ERSATZ_FAILING_ERROR={} ERSATZ_FAILING_ON={} ERSATZ_FAILING_COUNT='{}'",
                  environment, ERSATZ_FAILING_CALLS_LIBRARY, failure.folder.string(), failure.call,
                  failure.error, failure.for_good ? 1 : 0, (counted / "calls").string()));
  if (fs::exists(counted / "calls")) {
    failing.calls = std::stol(core::read_file(counted / "calls"));
  }
  return failing;
}

void expect_disk_error(const CommandResult& result, const Failure& failure) {
  EXPECT_EQ(result.exit_status, 50);
  const std::size_t at = result.errors.find("ersatz: error: ");
  ASSERT_NE(at, std::string::npos);
  const std::string message = result.errors.substr(at);
  EXPECT_THAT(message, ::testing::HasSubstr(std::strerror(failure.error)));
  EXPECT_THAT(message, ::testing::HasSubstr(failure.folder.string()));
}

Files files_below(const fs::path& folder) {
  Files files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = core::read_file(entry.path());
  }
  return files;
}

Files cache_files(const fs::path& cache) {
  Files files;
  for (auto& [name, bytes] : files_below(cache)) {
    const fs::path path = name;
    if (path.filename() == "COMPLETE.json" || path.extension() == ".lock") continue;
    files[name] = path.filename() == core::kTrainingLog ? without_speed(bytes)
                  : path.extension() == ".jsonl"        ? in_order(bytes)
                                                        : bytes;
  }
  return files;
}

std::vector<std::string> differing(const Files& found, const Files& expected) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : expected) {
    const auto same = found.find(name);
    if (same == found.end() || same->second != bytes) names.push_back(name);
  }
  for (const auto& [name, bytes] : found) {
    if (expected.count(name) == 0) names.push_back(name);
  }
  return names;
}

SmallProject::SmallProject(int seed) {
  const fs::path from = source_root(), mnist = folder_.path() / "experiments/mnist";
  core::make_directories(mnist / "profiles");
  core::make_directories(folder_ / "data_manifests");
  fs::copy_file(from / "data_manifests/fonts.toml", folder_ / "data_manifests/fonts.toml");
  for (const char* profile : {"paper.toml", "mini.toml", "smoke.toml"}) {
    fs::copy_file(from / "experiments/mnist/profiles" / profile, mnist / "profiles" / profile);
  }
  core::write_file_atomic(mnist / "experiment.toml", kCard);
  core::write_file_atomic(mnist / "profiles/small.toml", fmt::format(kProfile, seed));
}

std::string SmallProject::environment() const {
  return fmt::format("ERSATZ_HOME='{}' ERSATZ_THREADS=1", folder_.path().string());
}

}  // namespace ersatz::test
