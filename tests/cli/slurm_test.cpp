// `ersatz slurm`: scripts that a shell and sbatch read as they were meant.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The script for `arguments`, and what it runs as array element `element`: the words, one a line.
struct Script {
  CommandResult written;
  TemporaryFolder folder;

  explicit Script(const std::string& arguments) {
    // In place of srun and ersatz: programs that print what they are given.
    write_text(folder / "srun",
               "#!/bin/sh\nline=srun\n"
               "while case $1 in --*) ;; *) false ;; esac; do line=\"$line $1\"; shift; done\n"
               "echo \"$line\"; exec \"$@\"\n");
    write_text(folder / "ersatz", "#!/bin/sh\nfor word; do echo \"<$word>\"; done\n");
    run_command(fmt::format("chmod +x {0}/srun {0}/ersatz", folder.path().string()));
    written = ersatz_here(fmt::format("slurm --program {0}/ersatz --out {0}/job.sbatch {1}",
                                      folder.path().string(), arguments));
  }
  std::string text() const { return read_text(folder / "job.sbatch"); }
  std::string element(int number) const {
    const CommandResult ran =
        run_command(fmt::format("PATH={0}:$PATH SLURM_ARRAY_TASK_ID={1} bash {0}/job.sbatch",
                                folder.path().string(), number));
    EXPECT_EQ(ran.exit_status, 0) << ran.errors;
    return ran.output;
  }
  void expect_clean() const {
    if (run_command("command -v shellcheck").exit_status != 0) {
      std::printf("shellcheck is not on this machine: scripts were not checked by it\n");
      return;
    }
    const CommandResult checked =
        run_command(fmt::format("shellcheck {}/job.sbatch", folder.path().string()));
    EXPECT_EQ(checked.exit_status, 0) << checked.output;
  }
};

TEST(Slurm, ASweepIsAnArray) {
  const Script script(
      "--partition gpu --time 1:30:00 --cpus 4 --memory 16G --throttle 2 -- run mnist --profile "
      "smoke -o classifier.steps=10,20 -o seed=1,2,3 --threads 4");
  ASSERT_EQ(script.written.exit_status, 0) << script.written.errors;
  EXPECT_THAT(script.written.output, HasSubstr("6 array elements"));
  for (const char* line :
       {"#!/bin/bash\n", "#SBATCH --job-name=ersatz-run-mnist\n", "#SBATCH --array=0-5%2\n",
        "#SBATCH --partition=gpu\n", "#SBATCH --time=1:30:00\n", "#SBATCH --ntasks=1\n",
        "#SBATCH --cpus-per-task=4\n", "#SBATCH --mem=16G\n", "#SBATCH --signal=INT@60\n",
        "#SBATCH --output=%x-%A_%a.log\n"}) {
    EXPECT_THAT(script.text(), HasSubstr(line));
  }
  EXPECT_THAT(script.text(), Not(HasSubstr("gpus")));
  script.expect_clean();
  EXPECT_THAT(script.element(0),
              HasSubstr("srun --ntasks=1 --cpus-per-task=4\n<run>\n<mnist>\n<--profile>\n<smoke>"));
  EXPECT_THAT(script.element(0), HasSubstr("<classifier.steps=10>\n<--override>\n<seed=1>"));
  EXPECT_THAT(script.element(5), HasSubstr("<classifier.steps=20>\n<--override>\n<seed=3>"));
  EXPECT_THAT(script.element(5), HasSubstr("<--threads>\n<4>"));
}

TEST(Slurm, ShardsAreAnArrayAndWordsSurviveTheShell) {
  const Script script(
      R"(--shards 3 --gpus 1 -- generate txt2img --prompt "it's \$HOME \`date\` \"x\" *; # \\" --out 'a b')");
  ASSERT_EQ(script.written.exit_status, 0) << script.written.errors;
  script.expect_clean();
  EXPECT_THAT(script.text(), HasSubstr("#SBATCH --gpus=1\n"));
  EXPECT_EQ(
      script.element(1),
      "srun --ntasks=1\n<generate>\n<txt2img>\n<--prompt>\n<it's $HOME `date` \"x\" *; # \\>\n"
      "<--out>\n<a b>\n<--shard>\n<1/3>\n");
}

TEST(Slurm, TasksAreRanksOfOneJob) {
  const Script script("--tasks 4 --nodes 2 --gpus 1 --name big -- train mini-sd --recipe gpu");
  ASSERT_EQ(script.written.exit_status, 0) << script.written.errors;
  script.expect_clean();
  for (const char* line :
       {"#SBATCH --job-name=big\n", "#SBATCH --nodes=2\n", "#SBATCH --ntasks=4\n",
        "#SBATCH --gpus=4\n", "#SBATCH --output=%x-%j.log\n"}) {
    EXPECT_THAT(script.text(), HasSubstr(line));
  }
  EXPECT_THAT(script.text(), Not(HasSubstr("--array")));
  EXPECT_EQ(script.element(0), "srun --ntasks=4\n<train>\n<mini-sd>\n<--recipe>\n<gpu>\n");
}

TEST(Slurm, AnEmptyVariableIsNotPassedOn) {
  const CommandResult result = run_command(
      fmt::format("ERSATZ_HOME={} ERSATZ_RUNS= ERSATZ_CACHE=here {}/ersatz slurm -- run "
                  "mnist --profile smoke",
                  source_root().string(), ERSATZ_BIN_DIR));
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, Not(HasSubstr("ERSATZ_RUNS")));
  EXPECT_THAT(result.output, HasSubstr("/here\n")) << "one that is set is, as an absolute path";
}

TEST(Slurm, RefusesWhatSbatchOrTheCommandWouldNotTake) {
  for (const auto& [arguments, message] : std::vector<std::pair<std::string, std::string>>{
           {"-- run nothing", "nothing"},
           {"-- frobnicate", "unknown command 'frobnicate'"},
           {"-- generat txt2img", "'generate'"},
           {"-- __man", "'__man'"},
           {"--shards 2 -- /bin/true", "'/bin/true'"},
           {"-- run mnist -o classifier.step=1", "classifier.step"},
           {"-- run mnist --dry-run", "--dry-run"},
           {"--shards 2 -- run mnist", "no shards"},
           {"--shards 2 -- generate txt2img --shard 0/2", "its own --shard"},
           {"--shards 2 -- generate txt2img --shard=0/2", "its own --shard"},
           {"--shards 2 --tasks 2 -- generate txt2img", "--shards and --tasks"},
           {"--time 1h -- run mnist", "--time 1h"},
           {"--memory lots -- run mnist", "--memory lots"},
           {"--partition 'a b' -- run mnist", "--partition a b"},
           {"--partition 'a\n#SBATCH --uid=0' -- run mnist", "--partition"},
           {"--time 1:00:00:00 -- run mnist", "--time"},
       }) {
    const CommandResult result = run_command(fmt::format(
        "ERSATZ_HOME={} {}/ersatz slurm {}", source_root().string(), ERSATZ_BIN_DIR, arguments));
    EXPECT_EQ(result.exit_status, 2) << arguments << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(message)) << arguments;
  }
}

}  // namespace
}  // namespace ersatz::test
