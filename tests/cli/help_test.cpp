// Help, version, and what happens to mistyped command lines.
#include <gmock/gmock.h>

#include <ostream>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string>& commands() {
  static const std::vector<std::string> names = {
      "list",          "describe", "validate", "fetch",      "run",      "resume",  "check",
      "report",        "compare",  "generate", "train",      "tokenize", "weights", "diffugen",
      "eval",          "export",   "cutout",   "copy-paste", "detect",   "label",   "export-run",
      "compare-bench", "gc",       "doctor",   "completion"};
  return names;
}

TEST(Help, ProgramListsEveryCommandAndExitCode) {
  const CommandResult result = ToyProject().ersatz("--help");
  EXPECT_EQ(result.exit_status, 0);
  for (const std::string& name : commands()) EXPECT_THAT(result.output, HasSubstr("\n  " + name));
  EXPECT_THAT(result.output, HasSubstr("Exit codes: 0 ok, 2 usage, 10 gate failed"));
  EXPECT_EQ(result.output.find("__complete"), std::string::npos);
}

TEST(Help, EveryCommandEndsWithExamplesThatNameIt) {
  const ToyProject project;
  for (const std::string& name : commands()) {
    const CommandResult result = project.ersatz(name + " --help");
    EXPECT_EQ(result.exit_status, 0) << name;
    const std::size_t examples = result.output.find("\nExamples:\n");
    ASSERT_NE(examples, std::string::npos) << name;
    EXPECT_NE(result.output.find("ersatz " + name, examples), std::string::npos) << name;
  }
}

TEST(Help, TheManualPageHasEveryCommandAndGroffAcceptsIt) {
  const CommandResult page = ToyProject().ersatz("__man");
  EXPECT_EQ(page.exit_status, 0) << page.errors;
  EXPECT_EQ(page.output.rfind(".\\\" Made by the program itself.\n.TH ERSATZ 1 ", 0), 0u);
  for (const std::string& name : commands()) {
    std::string escaped;
    for (const char c : name) escaped += c == '-' ? "\\-" : std::string(1, c);
    EXPECT_THAT(page.output, HasSubstr(".SS \"ersatz " + escaped + "\"\n"));
  }
  EXPECT_EQ(page.output.find("__complete"), std::string::npos);
  if (run_command("command -v groff").exit_status != 0) GTEST_SKIP() << "groff is not installed";
  const TemporaryFolder folder;
  write_text(folder / "ersatz.1", page.output);
  const CommandResult set = run_command("groff -k -man -ww -Tutf8 '" +
                                        (folder / "ersatz.1").string() + "' 2>&1 >/dev/null");
  EXPECT_EQ(set.output, "");
}

TEST(Help, HelpNeedsNoProject) {
  const CommandResult result =
      run_command("cd / && env -u ERSATZ_HOME '" ERSATZ_BIN_DIR "/ersatz' list --help");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
}

TEST(Help, VersionTellsCommitAndCompiler) {
  const CommandResult result = ToyProject().ersatz("--version");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.output.rfind("ersatz ", 0), 0u) << result.output;
  EXPECT_THAT(result.output, HasSubstr("\ncommit "));
  EXPECT_THAT(result.output, HasSubstr("\ncompiler "));
}

struct Mistake {
  const char* line;
  const char* message;
  const char* hint;
};

// Names the test by its line instead of by the addresses of its strings.
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << '"' << mistake.line << '"'; }

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreUsageErrorsWithAHint) {
  const CommandResult result = ToyProject().ersatz(GetParam().line);
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, HasSubstr(GetParam().message));
  EXPECT_THAT(result.errors, HasSubstr(GetParam().hint));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, Mistakes,
    ::testing::Values(
        Mistake{"", "no command was given", "--help"},
        Mistake{"lsit", "unknown argument 'lsit'", "did you mean 'list'?"},
        Mistake{"list --jsno", "unknown option '--jsno'", "did you mean '--json'?"},
        Mistake{"list '('", "not a regular expression", "backslash"},
        Mistake{"describe", "experiment is required", "describe --help"},
        Mistake{"describe tyo", "unknown experiment 'tyo'", "did you mean 'toy'?"},
        Mistake{"run tyo", "unknown experiment 'tyo'", "did you mean 'toy'?"},
        Mistake{"run toy --profil x", "unknown option '--profil'", "'--profile'"},
        Mistake{"run toy --threads many", "many", "run --help"},
        Mistake{"resume tyo", "unknown run or experiment", "did you mean 'toy'?"},
        Mistake{"validate toy-dat", "unknown experiment or dataset", "did you mean 'toy-data'?"},
        Mistake{"fetch toydata", "unknown dataset", "did you mean 'toy-data'?"},
        Mistake{"fetch", "nothing to fetch", "toy-data"},
        Mistake{"fetch --for toy --profile mni", "unknown profile", "did you mean 'mini'?"},
        Mistake{"fetch --profile mini", "--profile needs --for", ""},
        Mistake{"check --profile mni", "unknown profile", "did you mean 'mini'?"},
        Mistake{"report toy --profile mni", "unknown profile", "did you mean 'mini'?"},
        Mistake{"report --profile zebra", "unknown profile 'zebra'", "one of: mini, paper"},
        Mistake{"compare one", "second is required", "compare --help"},
        Mistake{"generate txt2img --promt x", "unknown option '--promt'", "'--prompt'"},
        Mistake{"generate txt2img --steps 0", "--steps", "generate --help"},
        Mistake{"generate --prompt x --model m --out o", "mode is required", "generate --help"},
        Mistake{"generate txt2im --prompt x --model m --out o", "unknown mode 'txt2im'",
                "did you mean 'txt2img'?"},
        Mistake{"generate cgan --cuont 3", "unknown option '--cuont'", "'--count'"},
        Mistake{"tokenize", "No model was given", "--vocabulary"},
        Mistake{"weights", "subcommand is required", "weights --help"},
        Mistake{"weights inspct x", "unknown argument 'inspct'", "did you mean 'inspect'?"},
        Mistake{"weights random --arch sd51 --out x", "unknown architecture 'sd51'",
                "did you mean 'sd15'?"},
        Mistake{"weights verify", "path is required", "ersatz weights verify --help"},
        Mistake{"gc --older-than -1", "-1", "gc --help"},
        Mistake{"gc --older-than nan", "--older-than: 'nan' is no finite number", ""},
        Mistake{"run toy --seed 99999999999999999999", "--seed: '99999999999999999999'", ""},
        Mistake{"slurm -- run toy --seed 99999999999999999999", "--seed: '999", ""},
        Mistake{"slurm --out '' -- run toy", "--out: the path is empty", "default"},
        Mistake{"slurm --out / -- run toy", "cannot rename /", ""},
        Mistake{"eval coco --gt / --dt /", "Is a directory", ""},
        Mistake{"cutout --out o -- photos", "--method is required", "cutout --help"},
        Mistake{"gc --all --older-than 3", "excludes", "gc --help"},
        Mistake{"completion fish", "shell 'fish'", "bash and zsh"}));

TEST(StandardOutput, ALostOneIsNoSuccess) {
  const ToyProject project;
  for (const char* line : {"list --json", "describe toy", "slurm -- run toy", "gc", "--version",
                           "--help", "completion bash"}) {
    const CommandResult full = project.ersatz(std::string(line) + " > /dev/full");
    EXPECT_EQ(full.exit_status, 50) << line;
    EXPECT_THAT(full.errors, HasSubstr("cannot write standard output")) << line;
    EXPECT_EQ(project.ersatz(std::string(line) + " >&-").exit_status, 2) << line;
    EXPECT_EQ(project.ersatz(std::string(line) + " > /dev/null").exit_status, 0) << line;
  }
  // A reader that has had enough.
  const CommandResult read = run_command("'" ERSATZ_BIN_DIR "/ersatz' --help | head -1");
  EXPECT_EQ(read.errors, "");
}

TEST(Project, ItsAbsenceIsToldWithWhatToDo) {
  const CommandResult result =
      run_command("cd / && ERSATZ_HOME=/nonexistent '" ERSATZ_BIN_DIR "/ersatz' list");
  EXPECT_EQ(result.exit_status, 40);
  EXPECT_THAT(result.errors, HasSubstr("ERSATZ_HOME=/nonexistent"));
}

}  // namespace
}  // namespace ersatz::test
