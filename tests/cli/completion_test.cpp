// `ersatz completion bash`, sourced by a real bash.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Completion : public ::testing::Test {
 protected:
  Completion() { project_.use_own_program(); }

  // What bash would offer after the words, of which the last is being typed.
  std::vector<std::string> offered(const std::string& words) {
    write_text(project_.root() / "complete.sh",
               fmt::format("eval \"$('{0}/ersatz' completion bash)\"\n"
                           "complete -p ersatz >/dev/null || exit 1\n"
                           "PATH='{0}':$PATH\n"
                           "COMP_WORDS=(ersatz {1}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
                           "_ersatz\n"
                           "printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
                           project_.bin().string(), words));
    const CommandResult result = run_command(fmt::format(
        "ERSATZ_HOME='{0}' ERSATZ_RUNS='{1}' ERSATZ_RESULTS='{2}' bash '{0}/complete.sh'",
        project_.root().string(), project_.runs().string(), project_.results().string()));
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    std::vector<std::string> lines;
    std::istringstream stream(result.output);
    for (std::string line; std::getline(stream, line);) {
      if (!line.empty()) lines.push_back(line);
    }
    return lines;
  }

  ToyProject project_;
};

TEST_F(Completion, Commands) {
  EXPECT_THAT(offered("re"), ElementsAre("report", "resume"));
  EXPECT_THAT(offered("''"), Contains("doctor"));
  EXPECT_THAT(offered("''"), Not(Contains("__complete")));
  EXPECT_THAT(offered("--ver"), ElementsAre("--version"));
}

TEST_F(Completion, ExperimentsProfilesAndKeys) {
  EXPECT_THAT(offered("run ''"), ElementsAre("toy"));
  EXPECT_THAT(offered("run toy --profile ''"), ElementsAre("mini", "paper"));
  EXPECT_THAT(offered("run toy -p m"), ElementsAre("mini"));
  EXPECT_THAT(offered("run toy --profile = p"), ElementsAre("paper"));
  EXPECT_THAT(offered("run toy -o ste"), ElementsAre("steps="));
  EXPECT_THAT(offered("run toy --pro"), ElementsAre("--profile", "--progress"));
  EXPECT_THAT(offered("run toy --progress pl"), ElementsAre("plain"));
}

TEST_F(Completion, DataSetsRunsAndResults) {
  project_.write_results("mini", 90);
  project_.add_run("mini", "20260102T030405Z-aaaaaaaa", "INTERRUPTED");
  project_.add_run("mini", "20260103T030405Z-bbbbbbbb", "FINISHED");
  EXPECT_THAT(offered("fetch ''"), ElementsAre("toy-data"));
  EXPECT_THAT(offered("fetch --for ''"), ElementsAre("toy"));
  EXPECT_THAT(offered("validate toy-"), ElementsAre("toy-data"));
  EXPECT_THAT(offered("resume 2"), ElementsAre("20260102T030405Z-aaaaaaaa"));
  EXPECT_THAT(offered("compare t"), ElementsAre("toy/mini"));
  EXPECT_THAT(offered("completion ''"), ElementsAre("bash", "zsh"));
}

TEST_F(Completion, ImagesAndWeights) {
  EXPECT_THAT(offered("generate ''"), ElementsAre("cgan", "img2img", "inpaint", "txt2img"));
  EXPECT_THAT(offered("generate cgan --c"), ElementsAre("--class", "--count"));
  EXPECT_THAT(offered("generate txt2img --scheduler eu"),
              ElementsAre("euler", "euler_a", "euler_karras"));
  EXPECT_THAT(offered("generate txt2img --dtype f"), ElementsAre("fp16", "fp32"));
  EXPECT_THAT(offered("generate --preview"), ElementsAre("--preview", "--preview-every"));
  EXPECT_THAT(offered("weights ''"), ElementsAre("convert", "inspect", "random", "verify"));
  EXPECT_THAT(offered("weights random --arch sd15"), ElementsAre("sd15", "sd15-inpaint"));
  EXPECT_THAT(offered("weights convert --t"), ElementsAre("--to", "--tokenizer"));
  EXPECT_THAT(offered("weights convert --to s"), ElementsAre("single-file"));
}

TEST_F(Completion, UnknownCommandsAndBrokenProjectsOfferNothing) {
  EXPECT_THAT(offered("nonsense ''"), IsEmpty());
  project_.write("experiments/toy/profiles/paper.toml", "= broken");
  EXPECT_THAT(offered("run toy -o ''"), IsEmpty());
}

TEST_F(Completion, NamesAreNotExpandedByTheShell) {
  write_text(project_.results() / "toy" / "$(touch pwned)" / "metrics.json", "{}");
  EXPECT_THAT(offered("compare toy"), ElementsAre("toy/$(touch pwned)"));
  EXPECT_FALSE(std::filesystem::exists("pwned"));
}

TEST(CompletionScripts, ZshScriptDefinesACompletionForErsatz) {
  const CommandResult result = ToyProject().ersatz("completion zsh");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.output.rfind("#compdef ersatz\n", 0), 0u);
  EXPECT_THAT(result.output, HasSubstr("__complete --"));
  if (run_command("command -v zsh").exit_status != 0) {
    GTEST_SKIP() << "no zsh on this machine to check the syntax with";
  }
  const TemporaryFolder folder;
  write_text(folder.path() / "_ersatz", result.output);
  EXPECT_EQ(run_command("zsh -n '" + (folder.path() / "_ersatz").string() + "'").exit_status, 0);
}

}  // namespace
}  // namespace ersatz::test
