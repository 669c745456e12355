// Exports opened in TensorBoard itself, where it is installed.
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TensorBoard : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_command("python3 -c 'import tensorboard.main'").exit_status != 0) {
      GTEST_SKIP() << "python3 on this machine has no tensorboard";
    }
  }

  // Holds what TensorBoard shows against `<folder>/csv`.
  static CommandResult read_back(const fs::path& folder, const fs::path& results) {
    return run_command("python3 " +
                       (source_root() / "tests/report/export/read_in_tensorboard.py").string() +
                       " '" + (folder / "logs").string() + "' '" + (folder / "csv").string() +
                       "' " + results.string());
  }
};

TEST_F(TensorBoard, ShowsTheCommittedResults) {
  const TemporaryFolder folder;
  for (const std::string& to :
       {"tensorboard " + (folder / "logs").string(), "csv " + (folder / "csv").string()}) {
    const CommandResult result =
        ersatz_here("export-run mnist/mini clothing/mini fruit/mini --to " + to,
                    "ERSATZ_RESULTS=" + (source_root() / "results").string());
    ASSERT_EQ(result.exit_status, 0) << result.errors;
  }
  const CommandResult shown = read_back(folder.path(), source_root() / "results");
  EXPECT_EQ(shown.exit_status, 0) << shown.output << shown.errors;
  EXPECT_THAT(shown.output, HasSubstr("mnist-mini: "));
  EXPECT_THAT(shown.output, HasSubstr("served the same, load_fast=false"));
}

TEST_F(TensorBoard, ShowsCurvesWithNumbersThatAreNone) {
  const ToyProject project;
  const fs::path out = project.results().parent_path();
  write_text(out / "apples" / "metrics.jsonl",
             "{\"step\":1,\"loss\":2.5,\"box/loss\":1e-30}\n{\"step\":2,\"loss\":NaN}\n"
             "{\"step\":300000,\"loss\":-Infinity,\"box/loss\":0}\n");
  write_text(out / "apples" / "training.json", "{\"what\":\"detector\",\"steps\":30}");
  for (const std::string to : {"tensorboard logs", "csv csv"}) {
    const CommandResult result =
        project.ersatz("export-run " + (out / "apples").string() + " --to " + to);
    ASSERT_EQ(result.exit_status, 0) << result.errors;
  }
  const CommandResult shown = read_back(out, "");
  EXPECT_EQ(shown.exit_status, 0) << shown.output << shown.errors;
  EXPECT_THAT(shown.output, HasSubstr(": 2 scalars, 0 pictures, "));
}

}  // namespace
}  // namespace ersatz::test
