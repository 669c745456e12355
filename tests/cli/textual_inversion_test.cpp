// `ersatz train textual-inversion` with a small random model.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "cli/cli_fixture.h"
#include "cli/generate_fixture.h"
#include "core/file_system.h"
#include "core/json.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class LearningWorkshop {
 public:
  LearningWorkshop() {
    workshop_.picture("pictures.png", 48, 32);
    for (const char* name : {"a.png", "b.png"}) {
      write_text(workshop_ / "toys" / name, workshop_.bytes("pictures.png"));
    }
  }

  // `ersatz train textual-inversion <arguments>` with the small model, <toy> and six steps unless
  // they say otherwise.
  std::string command(const std::string& arguments) const {
    std::string line = fmt::format("ERSATZ_HOME='{}' '{}/ersatz' train textual-inversion {}",
                                   source_root().string(), ERSATZ_BIN_DIR, arguments);
    for (const auto& [option, value] :
         {std::pair<const char*, std::string>{"--model", workshop_.model().string()},
          {"--concept", "toys"},
          {"--token", "<toy>"},
          {"--initializer", "a"},
          {"--size", "32"},
          {"--steps", "6"},
          {"--batch", "2"},
          {"--save-every", "2"},
          {"--learning-rate", "1e-2"},
          {"--threads", "2"},
          {"--out", "toy"}}) {
      if (arguments.find(option) == std::string::npos) {
        line += fmt::format(" {} '{}'", option, value);
      }
    }
    return line;
  }
  CommandResult learn(const std::string& arguments = "") const {
    return run_command(fmt::format("cd '{}' && {}", (workshop_ / "").string(), command(arguments)));
  }
  const ImageWorkshop& workshop() const { return workshop_; }
  fs::path operator/(const std::string& name) const { return workshop_ / name; }
  std::string bytes(const std::string& file) const { return workshop_.bytes(file); }

 private:
  ImageWorkshop workshop_;
};

// Two of them would take turns with its checkpoints and metrics.
TEST(TextualInversionCommand, AnotherTrainingOfTheSameFolderIsWaitedFor) {
  const LearningWorkshop here;
  fs::create_directories(here / "toy");
  const core::FileLock other(here / "toy/.lock", "a test");
  const CommandResult result = here.learn("--time-limit 4");
  EXPECT_EQ(result.exit_status, 130) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("waiting for another process that works on toy"));
  EXPECT_EQ(std::distance(fs::directory_iterator(here / "toy"), fs::directory_iterator()), 1);
}

TEST(TextualInversionCommand, LearnsAWordThatGenerateUses) {
  const LearningWorkshop here;
  const CommandResult result = here.learn(
      "--vectors 2 --template style --validation-prompt 'a <toy>' --validation-every 3 "
      "--validation-count 2 --validation-steps 2 --log-every 2");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("<toy>: 2 vector(s), 6 steps"));
  EXPECT_THAT(result.output, HasSubstr("toy/learned_embeds.safetensors\ntoy/toy.pt\n"));
  for (const char* name : {"learned_embeds-steps-2.safetensors", "samples/step-0000000.png",
                           "samples/step-0000003.png", "samples/step-0000006.png"}) {
    EXPECT_TRUE(fs::exists(here / ("toy/" + std::string(name)))) << name;
  }
  EXPECT_NE(here.bytes("toy/samples/step-0000000.png"), here.bytes("toy/samples/step-0000006.png"));
  const std::string log = here.bytes("toy/metrics.jsonl");
  // Three of the steps' losses, and before the first step and with each checkpoint of fixed
  // samples.
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3 + 4);
  const core::Json record = core::read_json(here / "toy/training.json");
  EXPECT_EQ(record.at("training").at("steps"), 6);
  EXPECT_EQ(record.at("training").at("vectors"), 2);
  EXPECT_EQ(record.at("pictures").at("names"), (std::vector<std::string>{"a.png", "b.png"}));

  // Both files mean the same to generate, and something else than the word they began as.
  for (const auto& [file, out] : {std::pair("toy/learned_embeds.safetensors", "one"),
                                  {"toy/toy.pt", "two"},
                                  {"toy/learned_embeds-steps-2.safetensors", "early"}}) {
    const CommandResult made = here.workshop().generate(
        fmt::format("txt2img --prompt 'a <toy>' --embedding '{}' --seed 3 --out {}", file, out));
    ASSERT_EQ(made.exit_status, 0) << made.errors;
  }
  const auto picture = [&](const char* folder) {
    return data::read_image(here / fmt::format("{}/00000_3.png", folder)).pixels;
  };
  EXPECT_EQ(picture("one"), picture("two"));
  EXPECT_NE(picture("one"), picture("early"));
}

TEST(TextualInversionCommand, KilledAndInterruptedItGivesTheSameBytes) {
  const LearningWorkshop here;
  ASSERT_EQ(here.learn("--steps 80 --out whole").exit_status, 0);
  for (const auto& [signal, status] : {std::pair("KILL", 137), {"INT", 130}}) {
    const CommandResult stopped = run_command(
        fmt::format("cd '{}'\n(exec env {}) &\nprogram=$!\n"
                    "for i in $(seq 1500); do [ -e '{}' ] && break; sleep 0.02; done\n"
                    "kill -{} $program\nwait $program",
                    (here / "").string(), here.command("--steps 80 --out parts"),
                    (here / (signal[0] == 'K' ? "parts/learned_embeds-steps-4.safetensors"
                                              : "parts/learned_embeds-steps-20.safetensors"))
                        .string(),
                    signal));
    EXPECT_EQ(stopped.exit_status, status) << stopped.errors;
    EXPECT_FALSE(fs::exists(here / "parts/learned_embeds.safetensors"));
  }
  const CommandResult finished = here.learn("--steps 80 --out parts");
  ASSERT_EQ(finished.exit_status, 0) << finished.errors;
  for (const char* name :
       {"learned_embeds.safetensors", "toy.pt", "learned_embeds-steps-78.safetensors"}) {
    EXPECT_EQ(here.bytes(std::string("parts/") + name), here.bytes(std::string("whole/") + name))
        << name;
  }
  const CommandResult other = here.learn("--steps 80 --out parts --seed 1");
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.errors, HasSubstr("belongs to another training: 'seed'"));
}

TEST(TextualInversionCommand, MistakesAreToldBeforeAModelIsLoaded) {
  const LearningWorkshop here;
  // A model whose weights would be refused: nothing gets that far.
  fs::copy(here.workshop().model(), here / "weightless", fs::copy_options::recursive);
  for (const char* part : {"unet", "vae", "text_encoder"}) {
    for (const auto& entry : fs::directory_iterator(here / "weightless" / part)) {
      if (entry.path().extension() == ".safetensors") write_text(entry.path(), "nothing");
    }
  }
  fs::create_directories(here / "empty");
  const std::string torn = here.bytes("toys/a.png");
  write_text(here / "torn/a.png", torn.substr(0, torn.size() / 2));
  write_text(here / "no-blank.txt", "a photo of a {}\na photo\n");
  struct Mistake {
    const char* arguments;
    int status;
    const char* text;
  };
  for (const Mistake& mistake : std::initializer_list<Mistake>{
           {"--concept empty", 40, "no photo"},
           {"--concept nowhere", 40, "nowhere"},
           {"--concept torn", 30, "a.png"},
           {"--token a", 2, "in the vocabulary already"},
           {"--token '<my toy>'", 2, "white space"},
           {"--token ''", 2, "the new token has no name"},
           {"--initializer 'a b'", 2, "is 2 tokens"},
           {"--vectors 0", 2, "1 to 75"},
           {"--vectors 74", 2, "the text encoder reads 77"},
           {"--size 33", 2, "a multiple of"},
           {"--template no-blank.txt", 2, "no-blank.txt: the template \"a photo\" has no {}"},
           {"--template objct", 40, "objct"},
           {"--schedule constnt", 2, "did you mean 'constant'?"},
           {"--dtype fp16", 2, "fp16"},
           {"--device gpu", 2, "gpu"},
           {"--steps 0", 2, "--steps"},
           {"--batch 0", 2, "--batch"},
           {"--learning-rate 0", 2, "--learning-rate"},
           {"--validation-every 3", 2, "--validation-prompt"},
           {"--out toys/a.png", 2, "is a file"},
           {"--model nowhere", 40, "there is no model nowhere"}}) {
    std::string arguments = mistake.arguments;
    if (arguments.find("--model") == std::string::npos) arguments += " --model weightless";
    const CommandResult result = here.learn(arguments);
    EXPECT_EQ(result.exit_status, mistake.status) << arguments << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(mistake.text)) << arguments;
    EXPECT_EQ(result.output, "") << arguments;
  }
  // The model is looked at after all of that.
  EXPECT_EQ(here.learn("--model weightless").exit_status, 30);
  EXPECT_FALSE(fs::exists(here / "toy"));
}

}  // namespace
}  // namespace ersatz::test
