// `ersatz completion bash`, sourced by a real bash.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>
#include <tuple>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAreArray;

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

TEST_F(Completion, ValuesAreThoseOfTheCommand) {
  EXPECT_THAT(offered("label --method ''"), ElementsAre("daam", "segmenter"));
  EXPECT_THAT(offered("cutout --method ''"), ElementsAre("grabcut", "white"));
  EXPECT_THAT(offered("eval labels --shape ''"), ElementsAre("box", "mask"));
  EXPECT_THAT(offered("cutout --shape ''"), ElementsAre("box", "ellipse"));
  EXPECT_THAT(offered("train detector --format ''"), ElementsAre("coco", "voc", "yolo"));
  EXPECT_THAT(offered("copy-paste --format ''"), ElementsAre("jpeg", "png"));
  EXPECT_THAT(offered("export --to y"), ElementsAre("yolo", "yolo-segment"));
  EXPECT_THAT(offered("export-run --to ''"), ElementsAre("csv", "latex", "mlflow", "tensorboard"));
  EXPECT_THAT(offered("compare-bench --time ''"), ElementsAre("cpu", "real"));
  EXPECT_THAT(offered("detect --scale ''"), ElementsAre("l", "m", "n", "s", "x"));
  EXPECT_THAT(offered("copy-paste --scale 0"), IsEmpty());
  EXPECT_THAT(offered("eval labels --format-gt v"), ElementsAre("voc"));
  EXPECT_THAT(offered_values("train mini-sd", "--recipe"),
              ElementsAre("gpu", "recipe", "refine", "tiny"));
}

// Every set that the help shows in braces, of every command, and nothing else.
TEST(CompletionOfEveryOption, OffersTheSetThatIsChecked) {
  std::string page = ersatz_here("__man").output;
  for (std::size_t at = page.find("\\-"); at != std::string::npos; at = page.find("\\-", at)) {
    page.erase(at, 1);
  }
  std::istringstream lines(page);
  std::string command;
  const std::string heading = ".SS \"ersatz ";
  int sets = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(heading, 0) == 0) {
      command = line.substr(heading.size(), line.size() - heading.size() - 1);
    }
    const std::size_t open = line.find(":{"), close = line.find('}', open);
    if (line.rfind("\\fB", 0) != 0 || open == std::string::npos) continue;
    std::vector<std::string> set;
    std::istringstream words(line.substr(open + 2, close - open - 2));
    for (std::string word; std::getline(words, word, ',');) set.push_back(word);
    const std::size_t option = line.find("--");
    const std::string name = line.substr(option, line.find_first_of(",\\ ", option) - option);
    EXPECT_THAT(offered_values(command, name), UnorderedElementsAreArray(set))
        << command << ' ' << name;
    ++sets;
  }
  EXPECT_GE(sets, 18);
}

// Of options that are checked later: what is refused is answered with the words that are taken.
TEST(CompletionOfEveryOption, OffersWhatTheCommandSaysItTakes) {
  const TemporaryFolder folder;
  write_text(folder / "weights.safetensors", "x");
  write_text(folder / "cars.json", "{}");
  write_text(folder / "photo.png", "x");
  const std::string in = folder.path().string(), weights = in + "/weights.safetensors";
  const std::string generate = fmt::format(
      "generate inpaint --model {0} --prompt a --image {0}/photo.png --mask "
      "{0}/photo.png --out {0}/out",
      in);
  const std::string convert = fmt::format("weights convert {} --out {}/out", weights, in);
  const std::string random = fmt::format("weights random --out {}/out", in);
  const std::string diffugen = fmt::format("diffugen run {}/cars.json", in);
  const std::string copy_paste =
      fmt::format("copy-paste --masks {0} --backgrounds {0} --out {0}/out", in);
  const std::string cutout = fmt::format("cutout {0}/photo.png --out {0}/out", in);
  const std::string lora =
      fmt::format("train lora --model {0} --pictures {0} --prompt a --out {0}/out", in);
  for (const auto& [command, line, options] :
       std::vector<std::tuple<std::string, std::string, std::vector<std::string>>>{
           {"generate",
            generate,
            {"--prompt-weights", "--scheduler", "--dtype", "--weights-dtype", "--prediction",
             "--inpaint", "--device"}},
           {"copy-paste", copy_paste, {"--mode", "--format"}},
           {"copy-paste", copy_paste + " --mode roboflow", {"--scale-of"}},
           {"cutout", cutout, {"--method"}},
           {"cutout", cutout + " --method grabcut --box 1,1,2,2", {"--shape"}},
           {"train lora", lora, {"--dtype", "--schedule", "--init"}},
           {"weights convert", convert, {"--to"}},
           {"weights convert", convert + " --to diffusers", {"--dtype", "--prediction"}},
           {"weights verify", "weights verify " + weights, {"--prediction"}},
           {"weights random", random, {"--arch"}},
           {"weights random", random + " --arch tiny", {"--dtype"}},
           {"diffugen run",
            diffugen,
            {"--task", "--labels", "--recipe", "--prompt-weights", "--dtype", "--weights-dtype",
             "--device"}},
       }) {
    for (const std::string& option : options) {
      const CommandResult refused = ersatz_here(fmt::format("{} {} zzzzzzzz", line, option));
      EXPECT_EQ(refused.exit_status, 2) << command << option;
      const std::size_t list = refused.errors.find("one of: ");
      ASSERT_NE(list, std::string::npos) << command << option << "\n" << refused.errors;
      std::vector<std::string> taken;
      std::istringstream words(refused.errors.substr(list + 8));
      for (std::string word; words >> word;) {
        if (word.back() == ',') word.pop_back();
        if (word != "cuda:N") taken.push_back(word);
      }
      EXPECT_THAT(offered_values(command, option), UnorderedElementsAreArray(taken))
          << command << ' ' << option;
    }
  }
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
