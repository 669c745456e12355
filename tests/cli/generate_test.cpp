// `ersatz generate`, from the command line to the files.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>

#include "cli/cli_fixture.h"
#include "cli/generate_fixture.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "data/images/png_text.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/save_stable_diffusion.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> ending_with(const std::vector<std::string>& names,
                                     const std::string& ending) {
  std::vector<std::string> result;
  for (const std::string& name : names) {
    if (name.size() >= ending.size() &&
        name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
      result.push_back(name);
    }
  }
  return result;
}

TEST(Generate, TextToImageWritesPicturesWithTheirRecipeAndMakesThemOnce) {
  const ImageWorkshop shop;
  const std::string line =
      "txt2img --prompt 'a cat, café' --negative dogs --count 2 --seed 5 --out out";
  const CommandResult first = shop.generate(line);
  ASSERT_EQ(first.exit_status, 0) << first.errors;
  EXPECT_EQ(first.output, "out/00000_5.png\nout/00001_6.png\n");
  EXPECT_THAT(first.errors, HasSubstr("2 images made in out"));
  EXPECT_THAT(shop.files("out"),
              ElementsAre("00000_5.json", "00000_5.png", "00001_6.json", "00001_6.png"));
  const data::RgbImage picture = data::read_image(shop / "out/00000_5.png");
  EXPECT_EQ(picture.width, 32);
  EXPECT_EQ(picture.height, 32);
  EXPECT_GT(largest_difference(picture, data::read_image(shop / "out/00001_6.png")), 5);

  const auto texts = data::png_texts(shop.bytes("out/00001_6.png"), "00001_6.png");
  const Json recipe = Json::parse(texts.at("ersatz"));
  EXPECT_EQ(recipe.at("prompt"), "a cat, café");
  EXPECT_EQ(recipe.at("negative"), "dogs");
  EXPECT_EQ(recipe.at("seed"), 6);
  EXPECT_EQ(recipe.at("scheduler").at("solver"), "ddim");
  EXPECT_EQ(recipe.at("dtype"), "fp32");
  EXPECT_THAT(texts.at("parameters"),
              HasSubstr("a cat, café\nNegative prompt: dogs\nSteps: 3, Sampler: DDIM, CFG scale: "
                        "7.5, Seed: 6, Size: 32x32, Model hash: "));
  const Json sidecar = shop.sidecar("out/00001_6.json");
  EXPECT_EQ(sidecar.at("recipe"), recipe);
  EXPECT_EQ(sidecar.at("seconds").at("network_calls"), 3);
  EXPECT_TRUE(sidecar.at("model").at("files").contains("unet/config.json"));
  // Where things are on this machine is nobody's business.
  EXPECT_EQ(shop.bytes("out/00001_6.json").find(shop.model().parent_path().string()),
            std::string::npos);

  const CommandResult second = shop.generate(line + " --json");
  EXPECT_EQ(second.exit_status, 0) << second.errors;
  EXPECT_THAT(second.errors, HasSubstr("0 images made in out, 2 there already"));
  EXPECT_EQ(Json::parse(second.output).at(1).at("made"), false);

  const CommandResult other = shop.generate(line + " --guidance 3");
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.errors, HasSubstr("00000_5.png was made otherwise (different: guidance)"));
  EXPECT_THAT(other.errors, HasSubstr("--overwrite"));
  EXPECT_EQ(shop.generate(line + " --guidance 3 --overwrite").exit_status, 0);
  EXPECT_EQ(shop.sidecar("out/00001_6.json").at("recipe").at("guidance"), 3.0);
}

TEST(Generate, ShardsTogetherMakeWhatOneRunMakes) {
  const ImageWorkshop shop;
  write_text(shop / "prompts.txt", "a cat\ntwo dogs\n");
  const std::string line = "txt2img --prompts prompts.txt --count 2 --out ";
  ASSERT_EQ(shop.generate(line + "whole").exit_status, 0);
  ASSERT_EQ(shop.generate(line + "parts --shard 0/2").exit_status, 0);
  EXPECT_THAT(ending_with(shop.files("parts"), ".png"), ElementsAre("00000_0.png", "00002_2.png"));
  ASSERT_EQ(shop.generate(line + "parts --shard 1/2").exit_status, 0);
  ASSERT_EQ(shop.files("parts"), shop.files("whole"));
  for (const std::string& name : ending_with(shop.files("whole"), ".png")) {
    EXPECT_EQ(shop.bytes("parts/" + name), shop.bytes("whole/" + name)) << name;
  }
  // In one batch, too.
  ASSERT_EQ(shop.generate(line + "batch --batch 4").exit_status, 0);
  for (const std::string& name : ending_with(shop.files("whole"), ".png")) {
    EXPECT_LE(largest_difference(data::read_image(shop / ("batch/" + name)),
                                 data::read_image(shop / ("whole/" + name))),
              1)
        << name;
  }
}

TEST(Generate, ImageToImageStaysNearThePictureAtLowStrength) {
  const ImageWorkshop shop;
  shop.picture("a.png", 32, 32);
  for (const char* strength : {"0.35", "1"}) {
    const CommandResult result = shop.generate(
        fmt::format("img2img --prompt x --image a.png --strength {0} --out out{0}", strength));
    ASSERT_EQ(result.exit_status, 0) << result.errors;
  }
  const Json recipe = shop.sidecar("out0.35/00000_0.json").at("recipe");
  EXPECT_EQ(recipe.at("strength"), 0.35);
  EXPECT_EQ(recipe.at("image").at("file"), "a.png");
  EXPECT_EQ(shop.sidecar("out0.35/00000_0.json").at("seconds").at("network_calls"), 1);
  EXPECT_EQ(shop.sidecar("out1/00000_0.json").at("seconds").at("network_calls"), 3);
  // Another picture under the same name is another recipe.
  shop.picture("a.png", 64, 64);
  const CommandResult changed =
      shop.generate("img2img --prompt x --image a.png --strength 1 --out out1");
  EXPECT_EQ(changed.exit_status, 2);
  EXPECT_THAT(changed.errors, HasSubstr("different: image"));
}

TEST(Generate, InpaintingLeavesTheRestAlone) {
  const ImageWorkshop shop;
  shop.picture("a.png", 32, 32);
  shop.mask("m.png", 32, 32);
  const CommandResult result =
      shop.generate("inpaint --prompt x --image a.png --mask m.png --count 2 --out out");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  // Two seeds agree where nothing is painted, on the right; next to the mask the decoder mixes.
  const data::RgbImage one = data::read_image(shop / "out/00000_0.png");
  const data::RgbImage two = data::read_image(shop / "out/00001_1.png");
  const auto difference = [&](int first, int last) {
    double sum = 0;
    for (int y = 0; y < 32; ++y) {
      for (int k = 3 * (32 * y + first); k < 3 * (32 * y + last); ++k) {
        const auto at = static_cast<std::size_t>(k);
        sum += std::abs(one.pixels.at(at) - two.pixels.at(at));
      }
    }
    return sum / (32 * 3 * (last - first));
  };
  EXPECT_GT(difference(0, 8), 4 * difference(24, 32)) << difference(24, 32);
  EXPECT_EQ(shop.sidecar("out/00000_0.json").at("recipe").at("mask").at("file"), "m.png");
  EXPECT_EQ(shop.sidecar("out/00000_0.json").at("recipe").at("strength"), 1.0);
}

TEST(Generate, KilledRunsLeaveNothingHalfAndAreContinued) {
  const ImageWorkshop shop;
  const std::string line = "txt2img --prompt x --count 8 --steps 20 --out out";
  const CommandResult killed = shop.stopped(line, "out/00001_1.json", "KILL");
  EXPECT_EQ(killed.exit_status, 137) << killed.errors;
  const auto before = ending_with(shop.files("out"), ".json");
  ASSERT_GE(before.size(), 2u);
  ASSERT_LT(before.size(), 8u) << "killed too late to show anything";
  for (const std::string& name : ending_with(shop.files("out"), ".png")) {
    EXPECT_EQ(data::read_image(shop / ("out/" + name)).width, 32) << name;
  }
  const std::string kept = shop.bytes("out/00000_0.json");
  const CommandResult again = shop.generate(line + " --json");
  ASSERT_EQ(again.exit_status, 0) << again.errors;
  const Json list = Json::parse(again.output);
  ASSERT_EQ(list.size(), 8u);
  EXPECT_EQ(list.at(0).at("made"), false);
  EXPECT_EQ(list.at(7).at("made"), true);
  EXPECT_EQ(shop.bytes("out/00000_0.json"), kept);
  EXPECT_THAT(shop.files("out"), SizeIs(16));  // and no leftovers
}

TEST(Generate, InterruptedRunsEndAtTheNextStep) {
  const ImageWorkshop shop;
  const std::string line = "txt2img --prompt x --count 8 --steps 20 --out out";
  const CommandResult result = shop.stopped(line, "out/00000_0.json", "INT");
  EXPECT_EQ(result.exit_status, 130) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("the same command makes what is missing"));
  const std::vector<std::string> names = shop.files("out");
  EXPECT_LT(names.size(), 16u);
  EXPECT_EQ(ending_with(names, ".png").size(), ending_with(names, ".json").size());
  EXPECT_EQ(ending_with(names, ".png").size() * 2, names.size());
}

TEST(Generate, AttentionPreviewsAndTrajectoriesAreWritten) {
  const ImageWorkshop shop;
  const CommandResult result = shop.generate(
      "txt2img --prompt 'a red cat' --prompt 'a dog' --batch 2 --attention cat --attention dog "
      "--preview previews --preview-every 2 --dump-trajectory t.safetensors --out out");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(ending_with(shop.files("out"), ".attention.png"),
              ElementsAre("00000_0.cat.attention.png", "00001_1.dog.attention.png"));
  EXPECT_EQ(data::read_image(shop / "out/00000_0.cat.attention.png").width, 32);
  EXPECT_THAT(shop.files("previews"), ElementsAre("00000_0_002.png", "00001_1_002.png"));
  EXPECT_THAT(shop.files(""), Contains("t.safetensors"));
  const CommandResult absent =
      shop.generate("txt2img --prompt 'a cat' --attention horse --out other");
  EXPECT_EQ(absent.exit_status, 2);
  EXPECT_THAT(absent.errors, HasSubstr("--attention horse: the word is in no prompt"));
}

// Weights take no text position: the same images, and the same maps of the same words.
TEST(Generate, AttentionFindsWordsInPromptsWithWeights) {
  const ImageWorkshop shop;
  const std::string line = "--attention cat --seed 3 --out ";
  const CommandResult plain = shop.generate("txt2img --prompt 'a red cat' " + line + "plain");
  ASSERT_EQ(plain.exit_status, 0) << plain.errors;
  const CommandResult weighted = shop.generate(
      "txt2img --prompt '(a:1) (red:1.0) cat' --prompt-weights a1111 " + line + "weighted");
  ASSERT_EQ(weighted.exit_status, 0) << weighted.errors;
  const char* map = "/00000_3.cat.attention.png";
  EXPECT_EQ(shop.bytes("plain/00000_3.attention.safetensors"),
            shop.bytes("weighted/00000_3.attention.safetensors"));
  EXPECT_EQ(shop.bytes(std::string("plain") + map), shop.bytes(std::string("weighted") + map));
}

TEST(Generate, ADryRunMakesNothing) {
  const ImageWorkshop shop;
  const CommandResult result = shop.generate("txt2img --prompt x --count 2 --dry-run --out out");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_EQ(result.output, "out/00000_0.png\nout/00001_1.png\n");
  EXPECT_THAT(shop.files("out"), IsEmpty());
}

struct BadInput {
  const char* line;
  int exit_status;
  const char* message;
};

void PrintTo(const BadInput& input, std::ostream* out) { *out << '"' << input.line << '"'; }

class BadInputs : public ::testing::TestWithParam<BadInput> {
 protected:
  static void SetUpTestSuite() { folder_ = new TemporaryFolder; }
  static void TearDownTestSuite() { delete folder_; }
  static TemporaryFolder* folder_;
};
TemporaryFolder* BadInputs::folder_ = nullptr;

// The model is an empty folder: whoever looked into it would say so, with another exit code.
TEST_P(BadInputs, AreToldBeforeAnyModelIsLoaded) {
  const std::filesystem::path folder = folder_->path();
  std::filesystem::create_directory(folder / "model");
  const std::string png = data::encode_png(data::GreyImage{8, 8, std::vector<std::uint8_t>(64)});
  write_text(folder / "small.png", png);
  write_text(folder / "cut.png", png.substr(0, png.size() - 10));
  write_text(folder / "large.png",
             data::encode_png(data::GreyImage{16, 8, std::vector<std::uint8_t>(128)}));
  write_text(folder / "odd.png",
             data::encode_png(data::GreyImage{9, 8, std::vector<std::uint8_t>(72)}));
  write_text(folder / "latin1.txt", "caf\xe9\n");
  write_text(folder / "text.txt", "hello");
  write_text(folder / "scheduler.json", "{\"_class_name\": \"NoScheduler\"}");
  const auto begin = std::chrono::steady_clock::now();
  const CommandResult result =
      run_command(fmt::format("cd '{}' && '{}/ersatz' generate {} --model model --out out",
                              folder.string(), ERSATZ_BIN_DIR, GetParam().line));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(result.exit_status, GetParam().exit_status) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr(GetParam().message));
  EXPECT_EQ(result.output, "");
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  EXPECT_LT(taken.count(), 1.0);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BadInputs,
    ::testing::Values(
        BadInput{"txt2img --prompts latin1.txt", 2, "latin1.txt:1: the prompt is not valid UTF-8"},
        BadInput{"txt2img --prompt $(printf 'caf\\351')", 2, "not valid UTF-8"},
        BadInput{"txt2img --prompts none.txt", 40, "none.txt"},
        BadInput{"txt2img --prompt x --scheduler eulr", 2, "did you mean 'euler'?"},
        BadInput{"txt2img --prompt x --scheduler scheduler.json", 30, "NoScheduler"},
        BadInput{"txt2img --prompt x --size 500x512", 2, "not a multiple of 8"},
        BadInput{"txt2img --prompt x --size 512", 2, "WxH"},
        BadInput{"txt2img --prompt x --shard 3/3", 2, "--shard 3/3"},
        BadInput{"txt2img --prompt x --device tpu", 2, "unknown device 'tpu'"},
        BadInput{"txt2img --prompt x --progress fancy", 2, "fancy"},
        BadInput{"txt2img --prompt x --taesd model", 2, "--preview"},
        BadInput{"txt2img --prompt x --seed -1", 2, "--seed"},
        BadInput{"img2img --prompt x", 2, "img2img needs --image"},
        BadInput{"img2img --prompt x --image none.png", 40, "none.png"},
        BadInput{"img2img --prompt x --image text.txt", 30, "neither a PNG nor a JPEG"},
        BadInput{"img2img --prompt x --image cut.png", 30, "cut.png: damaged or incomplete"},
        BadInput{"img2img --prompt x --image odd.png", 2, "--size 8x8"},
        BadInput{"img2img --prompt x --image small.png --strength 1.5", 2, "--strength"},
        BadInput{"inpaint --prompt x --image large.png --mask small.png", 2,
                 "the mask has 8x8 pixels, the image 16x8"},
        BadInput{"inpaint --prompt x --image small.png --mask cut.png", 30, "cut.png"},
        BadInput{"txt2img --prompt x --lora none.safetensors", 40, "none.safetensors"},
        BadInput{"txt2img --prompt x --init-latents none.safetensors", 40, "none.safetensors"}));

TEST(GenerateModels, AnEmptyFolderIsNotAModel) {
  const TemporaryFolder folder;
  const CommandResult result =
      run_command(fmt::format("'{}/ersatz' generate txt2img --prompt x --model '{}' --out '{}'",
                              ERSATZ_BIN_DIR, folder.path().string(), (folder / "out").string()));
  EXPECT_EQ(result.exit_status, 40) << result.errors;
}

// The largest latents that a configuration may name, and 16 pixels for each of them.
TEST(GenerateModels, PicturesOfAModelMayBeTooLargeToBeMadeUnasked) {
  const TemporaryFolder folder;
  models::StableDiffusion model = models::random_stable_diffusion("tiny", 1);
  models::AutoencoderConfig coarse = model.autoencoder->config();
  coarse.block_channels = {16, 16, 16, 16, 16};
  model.autoencoder = std::make_shared<models::Autoencoder>(coarse);
  {
    const torch::NoGradGuard no_gradients;
    for (torch::Tensor& parameter : model.autoencoder->parameters()) parameter.fill_(0.01);
  }
  models::SaveOptions options;
  options.byte_tokenizer = true;
  models::save_stable_diffusion(model, folder / "model", options);
  Json unet = core::read_json(folder / "model/unet/config.json");
  unet["sample_size"] = 1024;
  core::write_json(folder / "model/unet/config.json", unet);
  const auto generate = [&](const std::string& more) {
    return run_command(fmt::format(
        "cd '{}' && '{}/ersatz' generate txt2img --prompt x --model model --steps 1 --out out {}",
        folder.path().string(), ERSATZ_BIN_DIR, more));
  };
  const CommandResult refused = generate("");
  EXPECT_EQ(refused.exit_status, 30) << refused.errors;
  EXPECT_THAT(refused.errors, HasSubstr("its pictures have 16384 px a side; 8192 are the most"));
  EXPECT_THAT(refused.errors, HasSubstr("--size"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out/00000_0.png"));
  const CommandResult made = generate("--size 32x32");
  EXPECT_EQ(made.exit_status, 0) << made.errors;
  EXPECT_TRUE(std::filesystem::exists(folder / "out/00000_0.png"));
}

}  // namespace
}  // namespace ersatz::test
