// Every single change on the disk by which a run replaces published results may fail, gnuplot's
// among them: the old results stay, or the new ones are there, never a part of either.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/json.h"
#include "experiments/failing_disk_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

constexpr const char* kSmall = "--profile small";

// The results without what tells when they were made, which must be the same run in all of them.
Files lasting(Files files) {
  const core::Json provenance = core::Json::parse(files["provenance.json"], nullptr, false);
  EXPECT_TRUE(provenance.is_object()) << files["provenance.json"];
  files.erase("provenance.json");
  std::string& report = files["report.md"];
  const std::size_t end = report.find("\n## Provenance\n");
  EXPECT_NE(end, std::string::npos) << report;
  EXPECT_NE(report.find(provenance.value("started", "?"), end), std::string::npos);
  report.resize(std::min(end, report.size()));
  return files;
}

// Of the differences those that are no missing drawings.
std::vector<std::string> but_drawings(const Files& found, const Files& expected) {
  std::vector<std::string> names;
  for (const std::string& name : differing(found, expected)) {
    const std::string extension = fs::path(name).extension();
    if (found.count(name) != 0 || (extension != ".svg" && extension != ".png")) {
      names.push_back(name);
    }
  }
  return names;
}

class FailingPublishing : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (kAddressSanitizer) GTEST_SKIP() << "a sanitizer lets no library before it";
    const CommandResult earlier = old_.run(kSmall, SmallProject(2).environment());
    ASSERT_EQ(earlier.exit_status, 0) << earlier.errors;
    const CommandResult now = new_.run(kSmall, project_.environment());
    ASSERT_EQ(now.exit_status, 0) << now.errors;
    ASSERT_FALSE(differing(lasting(published(old_)), lasting(published(new_))).empty());
  }
  // A run whose stages are all in its cache, with the results of another seed published.
  void prepare(const ExperimentRun& run) const {
    core::make_directories(run.folder() / "runs");
    core::make_directories(run.results("small").parent_path());
    fs::copy(new_.folder() / "runs/cache", run.folder() / "runs/cache",
             fs::copy_options::recursive);
    fs::copy(old_.results("small"), run.results("small"), fs::copy_options::recursive);
  }
  static Files published(const ExperimentRun& run) { return files_below(run.results("small")); }

  SmallProject project_{1};
  ExperimentRun old_{"mnist"}, new_{"mnist"};
};

TEST_P(FailingPublishing, AnyCallMayFail) {
  const ExperimentRun undisturbed("mnist");
  prepare(undisturbed);
  const FailingRun whole =
      run_failing(undisturbed, kSmall, {undisturbed.folder()}, project_.environment());
  ASSERT_EQ(whole.result.exit_status, 0) << whole.result.errors;
  const Files before = published(old_), after = lasting(published(new_));
  ASSERT_THAT(differing(lasting(published(undisturbed)), after), IsEmpty());
  ASSERT_GT(whole.calls, 100);
  RecordProperty("calls", static_cast<int>(whole.calls));
  int failed = 0, kept = 0;
  for (long call = 1; call <= whole.calls; ++call) {
    const ExperimentRun mnist("mnist");
    prepare(mnist);
    const bool for_good = GetParam();
    const int error = (call % 2 == 0) == for_good ? ENOSPC : EIO;
    const Failure failure{mnist.folder(), call, error, for_good};
    const CommandResult result = run_failing(mnist, kSmall, failure, project_.environment()).result;
    SCOPED_TRACE(fmt::format("call {} of {}: {}", call, whole.calls, result.errors));
    const Files found = published(mnist);
    if (result.exit_status != 0) {
      ++failed;
      expect_disk_error(result, failure);
    }
    if (found == before) {
      ++kept;
      ASSERT_NE(result.exit_status, 0);
    } else if (result.errors.find("was not drawn") != std::string::npos) {
      EXPECT_THAT(but_drawings(lasting(found), after), IsEmpty());
    } else {
      EXPECT_THAT(differing(lasting(found), after), IsEmpty());
    }
    const CommandResult again = mnist.run(kSmall, project_.environment());
    ASSERT_EQ(again.exit_status, 0) << again.errors;
    ASSERT_THAT(differing(lasting(published(mnist)), after), IsEmpty());
    for (const auto& entry : fs::directory_iterator(mnist.results("small").parent_path())) {
      EXPECT_EQ(entry.path().filename(), "small") << "left behind";
    }
  }
  RecordProperty("failed", failed);
  RecordProperty("kept", kept);
  EXPECT_GT(kept, whole.calls / 2);
}

INSTANTIATE_TEST_SUITE_P(Calls, FailingPublishing, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "ForGood" : "Once"; });

}  // namespace
}  // namespace ersatz::test
