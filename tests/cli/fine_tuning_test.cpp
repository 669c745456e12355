// `ersatz train dreambooth` and `ersatz train lora` with a small random model.
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
#include "models/safetensors.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kLora = "pytorch_lora_weights.safetensors";

class FineTuningWorkshop {
 public:
  FineTuningWorkshop() {
    workshop_.picture("pictures.png", 48, 32);
    for (const char* name : {"a.png", "b.png"}) {
      write_text(workshop_ / "toys" / name, bytes("pictures.png"));
    }
  }

  // `ersatz train <training> <arguments>` with the small model and six steps unless they say
  // otherwise.
  std::string command(const std::string& training, const std::string& arguments) const {
    std::string line = fmt::format("ERSATZ_HOME='{}' '{}/ersatz' train {} {}",
                                   source_root().string(), ERSATZ_BIN_DIR, training, arguments);
    for (const auto& [option, value] :
         {std::pair<const char*, std::string>{"--model", workshop_.model().string()},
          {"--pictures", "toys"},
          {"--size", "32"},
          {"--steps", "6"},
          {"--batch", "2"},
          {"--save-every", "2"},
          {"--learning-rate", "1e-3"},
          {"--threads", "2"},
          {"--out", "toy"}}) {
      if (arguments.find(option) == std::string::npos) {
        line += fmt::format(" {} '{}'", option, value);
      }
    }
    return line;
  }
  CommandResult train(const std::string& training, const std::string& arguments) const {
    return run_command(
        fmt::format("cd '{}' && {}", (workshop_ / "").string(), command(training, arguments)));
  }
  // The picture of a prompt, by this model or another and with these arguments.
  std::vector<std::uint8_t> picture(const std::string& arguments, const std::string& out,
                                    const fs::path& other = {}) const {
    const CommandResult made = workshop_.generate_as_it_is(fmt::format(
        "txt2img --model '{}' --prompt 'a q toy' --seed 3 --size 32x32 --steps 3 --out {} {}",
        other.empty() ? model().string() : other.string(), out, arguments));
    EXPECT_EQ(made.exit_status, 0) << made.errors;
    return data::read_image(workshop_ / fmt::format("{}/00000_3.png", out)).pixels;
  }
  const fs::path& model() const { return workshop_.model(); }
  fs::path operator/(const std::string& name) const { return workshop_ / name; }
  std::string bytes(const std::string& file) const { return workshop_.bytes(file); }

 private:
  ImageWorkshop workshop_;
};

constexpr const char* kPrior =
    "--prompt 'a q toy' --class-prompt 'a toy' --class-count 3 --class-steps 2 --class-batch 1 ";

TEST(FineTuningCommand, DreamBoothMakesAModelThatGenerateUses) {
  const FineTuningWorkshop here;
  const CommandResult result = here.train(
      "dreambooth", std::string(kPrior) +
                        "--validation-prompt 'a q toy' --validation-every 3 --validation-count 2 "
                        "--validation-steps 2 --log-every 2 --flip");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("dreambooth: 6 steps"));
  EXPECT_THAT(result.output, HasSubstr("toy/model\n"));
  for (const char* name : {"model/model_index.json", "class_pictures/00002.png",
                           "samples/step-0000000.png", "samples/step-0000006.png"}) {
    EXPECT_TRUE(fs::exists(here / ("toy/" + std::string(name)))) << name;
  }
  EXPECT_NE(here.bytes("toy/samples/step-0000000.png"), here.bytes("toy/samples/step-0000006.png"));
  const std::string log = here.bytes("toy/metrics.jsonl");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3);
  EXPECT_THAT(log, HasSubstr("prior_loss"));
  const core::Json record = core::read_json(here / "toy/training.json");
  EXPECT_EQ(record.at("training").at("steps"), 6);
  EXPECT_EQ(record.at("training").at("training"), "dreambooth");
  EXPECT_EQ(record.at("class_pictures").at("count"), 3);
  EXPECT_EQ(record.at("pictures").at("names"), (std::vector<std::string>{"a.png", "b.png"}));
  EXPECT_NE(here.picture("", "before"), here.picture("", "after", here / "toy/model"));
}

// Two of them would take turns with its checkpoints and metrics.
TEST(FineTuningCommand, AnotherTrainingOfTheSameFolderIsWaitedFor) {
  const FineTuningWorkshop here;
  fs::create_directories(here / "toy");
  const core::FileLock other(here / "toy/.lock", "a test");
  for (const auto& [training, more] :
       {std::pair<const char*, std::string>{"lora", "--prompt 'a q toy'"},
        {"dreambooth", kPrior}}) {
    const CommandResult result = here.train(training, more + " --time-limit 4");
    EXPECT_EQ(result.exit_status, 130) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("waiting for another process that works on toy"));
    EXPECT_EQ(std::distance(fs::directory_iterator(here / "toy"), fs::directory_iterator()), 1);
  }
}

TEST(FineTuningCommand, LoraMakesAFileThatGenerateUses) {
  const FineTuningWorkshop here;
  write_text(here / "toys/metadata.jsonl",
             "{\"file_name\": \"a.png\", \"text\": \"a q toy\"}\n"
             "{\"file_name\": \"b.png\", \"text\": \"another q toy\"}\n");
  const CommandResult result =
      here.train("lora",
                 "--rank 2 --alpha 4 --targets to_q,to_v,ff.net.2 --train-text-encoder "
                 "--learning-rate 1e-1 --snr-gamma 5 --init gaussian --gradient-accumulation 2");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("lora: 6 steps"));
  EXPECT_FALSE(fs::exists(here / "toy/model"));
  EXPECT_TRUE(fs::exists(here / "toy/pytorch_lora_weights-steps-4.safetensors"));
  const models::Safetensors file = models::load_safetensors(here / "toy" / kLora);
  std::int64_t text = 0;
  for (const auto& [name, tensor] : file.tensors) {
    text += name.compare(0, 13, "text_encoder.") == 0 ? 1 : 0;
    EXPECT_EQ(name.find("to_k"), std::string::npos) << name;
  }
  EXPECT_GT(text, 0);
  EXPECT_LT(text, static_cast<std::int64_t>(file.tensors.size()));
  EXPECT_EQ(file.metadata.at("rank"), "2");
  EXPECT_NE(here.picture("", "before"), here.picture(fmt::format("--lora toy/{}", kLora), "after"));
}

TEST(FineTuningCommand, KilledAndInterruptedItGivesTheSameBytes) {
  const FineTuningWorkshop here;
  for (const auto& [training, file] :
       {std::pair<std::string, std::string>{"dreambooth",
                                            "model/unet/diffusion_pytorch_model.safetensors"},
        {"lora", kLora}}) {
    const std::string settings = std::string(kPrior) + "--steps 40 --out " + training;
    ASSERT_EQ(here.train(training, settings + "-whole").exit_status, 0);
    const std::string parts = training + "-parts";
    for (const auto& [signal, status, seen] :
         {std::tuple{"KILL", 137, "class_pictures/00001.png"},
          {"INT", 130, "checkpoints/checkpoint-1.safetensors"}}) {
      const CommandResult stopped = run_command(fmt::format(
          "cd '{}'\n(exec env {}) &\nprogram=$!\n"
          "for i in $(seq 1500); do [ -e '{}/{}' ] && break; sleep 0.02; done\n"
          "kill -{} $program\nwait $program",
          (here / "").string(), here.command(training, settings + "-parts"), parts, seen, signal));
      EXPECT_EQ(stopped.exit_status, status) << stopped.errors;
      EXPECT_FALSE(fs::exists(here / (parts + "/" + file)));
    }
    const CommandResult finished = here.train(training, settings + "-parts");
    ASSERT_EQ(finished.exit_status, 0) << finished.errors;
    EXPECT_EQ(here.bytes(parts + "/" + file), here.bytes(training + "-whole/" + file));
    const CommandResult other = here.train(training, settings + "-parts --weight-decay 0");
    EXPECT_EQ(other.exit_status, 2);
    EXPECT_THAT(other.errors, HasSubstr("belongs to another training: 'weight_decay'"));
  }
}

struct Mistake {
  const char* training;
  std::string arguments;
  int status;
  const char* text;
};

TEST(FineTuningCommand, MistakesAreToldBeforeAModelIsLoaded) {
  const FineTuningWorkshop here;
  // A model whose weights would be refused: nothing gets that far.
  fs::copy(here.model(), here / "weightless", fs::copy_options::recursive);
  for (const char* part : {"unet", "vae", "text_encoder"}) {
    for (const auto& entry : fs::directory_iterator(here / "weightless" / part)) {
      if (entry.path().extension() == ".safetensors") write_text(entry.path(), "nothing");
    }
  }
  // One whose pictures would have 16,384 px a side.
  fs::copy(here / "weightless", here / "giant", fs::copy_options::recursive);
  core::Json unet = core::read_json(here / "giant/unet/config.json");
  unet["sample_size"] = 1024;
  core::write_json(here / "giant/unet/config.json", unet);
  core::Json vae = core::read_json(here / "giant/vae/config.json");
  vae["block_out_channels"] = {16, 16, 16, 16, 16};
  vae["down_block_types"] = std::vector<std::string>(5, "DownEncoderBlock2D");
  vae["up_block_types"] = std::vector<std::string>(5, "UpDecoderBlock2D");
  core::write_json(here / "giant/vae/config.json", vae);
  fs::create_directories(here / "empty");
  const std::string torn = here.bytes("toys/a.png");
  write_text(here / "torn/a.png", torn.substr(0, torn.size() / 2));
  const std::string prompt = "--prompt 'a q toy' ";
  for (const Mistake& mistake : std::initializer_list<Mistake>{
           {"dreambooth", "", 2, "--prompt is required"},
           {"dreambooth", prompt + "--pictures empty", 40, "no photo"},
           {"lora", prompt + "--pictures nowhere", 40, "nowhere"},
           {"lora", prompt + "--pictures torn", 30, "a.png"},
           {"lora", "", 40, "a.png has no caption"},
           {"lora", prompt + "--rank 0", 2, "rank 0"},
           {"lora", prompt + "--alpha -1", 2, "alpha"},
           {"lora", prompt + "--init kaimin", 2, "did you mean 'kaiming'?"},
           {"dreambooth", prompt + "--rank 2", 2, "--rank"},
           {"dreambooth", prompt + "--class-count 3", 2, "--class-prompt"},
           {"dreambooth", prompt + "--class-prompt 'a q toy'", 2, "--class-prompt is --prompt"},
           {"dreambooth", prompt + "--class-prompt x --class-pictures empty", 40, "no photo"},
           {"dreambooth", prompt + "--size 33", 2, "a multiple of"},
           {"dreambooth", prompt + "--size 0 --model giant", 2, "have 16384 px a side"},
           {"dreambooth", prompt + "--schedule constnt", 2, "did you mean 'constant'?"},
           {"dreambooth", prompt + "--dtype fp16", 2, "fp16"},
           {"dreambooth", prompt + "--device gpu", 2, "gpu"},
           {"dreambooth", prompt + "--steps 0", 2, "--steps"},
           {"dreambooth", prompt + "--learning-rate 0", 2, "--learning-rate"},
           {"dreambooth", prompt + "--validation-every 3", 2, "--validation-prompt"},
           {"dreambooth", prompt + "--out toys/a.png", 2, "is a file"},
           {"dreambooth", prompt + "--model nowhere", 40, "there is no model nowhere"}}) {
    std::string arguments = mistake.arguments;
    if (arguments.find("--model") == std::string::npos) arguments += " --model weightless";
    const CommandResult result = here.train(mistake.training, arguments);
    EXPECT_EQ(result.exit_status, mistake.status) << arguments << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(mistake.text)) << arguments;
    EXPECT_EQ(result.output, "") << arguments;
  }
  // The model is looked at after all of that.
  EXPECT_EQ(here.train("dreambooth", prompt + "--model weightless").exit_status, 30);
  EXPECT_FALSE(fs::exists(here / "toy"));
  // Layers only the model knows, before it has drawn anything.
  const CommandResult target = here.train("lora", std::string(kPrior) + "--targets to_w");
  EXPECT_EQ(target.exit_status, 2);
  EXPECT_THAT(target.errors, HasSubstr("did you mean 'to_"));
  EXPECT_FALSE(fs::exists(here / "toy/class_pictures"));
}

TEST(FineTuningCommand, ALossThatIsNoNumberEndsWithItsStep) {
  const FineTuningWorkshop here;
  const CommandResult result =
      here.train("dreambooth", "--prompt 'a q toy' --learning-rate 1e38 --steps 40");
  EXPECT_EQ(result.exit_status, 20) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("step "));
  EXPECT_FALSE(fs::exists(here / "toy/model"));
}

}  // namespace
}  // namespace ersatz::test
