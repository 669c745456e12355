// What `generate` refuses before it loads anything, and the images it plans.
#include "runner/diffusion/generate_request.h"

#include <gmock/gmock.h>

#include <fstream>

#include "data/images/png_codec.h"
#include "runner/diffusion/prompt_file.h"
#include "support/test_support.h"

namespace ersatz::runner {
namespace {

using core::ExitCode;
using ::testing::ElementsAre;

class Request : public ::testing::Test {
 protected:
  Request() {
    std::filesystem::create_directory(folder_ / "model");
    options_.mode = "txt2img";
    options_.model = (folder_ / "model").string();
    options_.out = (folder_ / "out").string();
    options_.prompts = {"a cat"};
  }

  std::string picture(const std::string& name, int width, int height) {
    const data::RgbImage image{
        width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), 9)};
    return file(name, data::encode_png(image));
  }
  std::string file(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }
  std::vector<std::string> stems() {
    std::vector<std::string> names;
    for (const ImageTask& image : check_generate(options_).images) names.push_back(image.stem());
    return names;
  }
  void refused(ExitCode code, const std::string& text) {
    EXPECT_ERSATZ_ERROR(check_generate(options_), code, text);
  }

  test::TemporaryFolder folder_;
  GenerateOptions options_;
};

TEST_F(Request, ImagesAreNumberedPromptByPrompt) {
  options_.prompts = {"a", "b"};
  options_.negatives = {"x", "y"};
  options_.count = 2;
  options_.seed = 10;
  const GenerateRequest request = check_generate(options_);
  ASSERT_EQ(request.images.size(), 4u);
  EXPECT_EQ(request.images[1].prompt, "a");
  EXPECT_EQ(request.images[2].prompt, "b");
  EXPECT_EQ(request.images[2].negative, "y");
  EXPECT_THAT(stems(), ElementsAre("00000_10", "00001_11", "00002_12", "00003_13"));
}

TEST_F(Request, ShardsShareTheImages) {
  options_.count = 5;
  options_.shard = "0/2";
  EXPECT_THAT(stems(), ElementsAre("00000_0", "00002_2", "00004_4"));
  options_.shard = "1/2";
  EXPECT_THAT(stems(), ElementsAre("00001_1", "00003_3"));
  EXPECT_EQ(check_generate(options_).total, 5);
  for (const char* wrong : {"2/2", "-1/2", "1", "1/0", "a/b", "1/2/3", "/"}) {
    options_.shard = wrong;
    refused(ExitCode::kUsage, "--shard");
  }
}

TEST_F(Request, SeedsMayUseAll64Bits) {
  options_.seed = ~std::uint64_t{0};
  EXPECT_THAT(stems(), ElementsAre("00000_18446744073709551615"));
  options_.count = 2;
  refused(ExitCode::kUsage, "leaves no seeds");
}

TEST_F(Request, SizesAreMultiplesOf8) {
  options_.size = "512x768";
  const PictureSize size = check_generate(options_).size.value();
  EXPECT_EQ(size.width, 512);
  EXPECT_EQ(size.height, 768);
  options_.size = "512x515";
  refused(ExitCode::kUsage, "--size 512x512");
  for (const char* wrong : {"512", "x", "512x", "ax8", "512x512x3", "0x8", "-8x8", "99999x8"}) {
    options_.size = wrong;
    refused(ExitCode::kUsage, "--size");
  }
}

TEST_F(Request, WordsThatMeanNothingAreExplained) {
  options_.scheduler = "dpmp_2m";
  refused(ExitCode::kUsage, "did you mean 'dpmpp_2m'?");
  options_.scheduler = "";
  options_.mode = "text2img";
  refused(ExitCode::kUsage, "did you mean 'txt2img'?");
  options_.mode = "txt2img";
  options_.dtype = "fp61";
  refused(ExitCode::kUsage, "did you mean 'fp16'?");
  options_.dtype = "auto";
  options_.device = "gpu";
  refused(ExitCode::kUsage, "unknown device 'gpu'");
  options_.device = "cuda:x";
  refused(ExitCode::kUsage, "unknown device 'cuda:x'");
}

TEST_F(Request, PromptsMustBeText) {
  options_.prompts = {"caf\xe9"};
  refused(ExitCode::kUsage, "not valid UTF-8");
  options_.prompts = {};
  refused(ExitCode::kUsage, "no prompt was given");
  options_.prompts = {""};  // an empty prompt is one
  EXPECT_THAT(stems(), ElementsAre("00000_0"));
  options_.negatives = {"a", "b"};
  refused(ExitCode::kUsage, "2 negative prompts for 1 prompts");
}

TEST_F(Request, PromptFiles) {
  options_.prompts = {};
  options_.prompt_file = file("p.txt",
                              "\xef\xbb\xbf"
                              "one\r\n\n  \ntwo, caf\xc3\xa9\nthree");
  EXPECT_THAT(read_prompt_file(options_.prompt_file), ElementsAre("one", "two, café", "three"));
  EXPECT_EQ(check_generate(options_).total, 3);
  options_.prompt_file = file("latin1.txt", "fine\ncaf\xe9\n");
  refused(ExitCode::kUsage, "latin1.txt:2: the prompt is not valid UTF-8");
  options_.prompt_file = file("utf16.txt", std::string("\xff\xfe"
                                                       "a\0b\0",
                                                       6));
  refused(ExitCode::kUsage, "utf16.txt:1");
  options_.prompt_file = file("empty.txt", "\n\n");
  refused(ExitCode::kUsage, "has no prompt");
  options_.prompt_file = (folder_ / "none.txt").string();
  refused(ExitCode::kMissing, "none.txt");
}

TEST_F(Request, PicturesFitTheMode) {
  options_.image = picture("a.png", 16, 8);
  refused(ExitCode::kUsage, "--image means nothing to txt2img");
  options_.mode = "img2img";
  EXPECT_EQ(check_generate(options_).strength, 0.8);
  EXPECT_EQ(check_generate(options_).size->width, 16);
  options_.strength = 0;
  refused(ExitCode::kUsage, "--strength");
  options_.strength = 0.3;
  options_.steps = 3;  // 0.9 steps
  refused(ExitCode::kUsage, "--strength 0.3 of 3 steps leaves none");
  options_.steps = 50;
  EXPECT_EQ(check_generate(options_).strength, 0.3);
  options_.strength.reset();
  options_.mode = "inpaint";
  refused(ExitCode::kUsage, "inpaint needs --mask");
  options_.mask = picture("m.png", 16, 8);
  EXPECT_EQ(check_generate(options_).strength, 1);
  EXPECT_EQ(check_generate(options_).mask->pixels.size(), 128u);
  options_.mask = picture("small.png", 8, 8);
  refused(ExitCode::kUsage, "the mask has 8x8 pixels, the image 16x8");
  options_.image = picture("odd.png", 20, 9);
  options_.mask = picture("odd_mask.png", 20, 9);
  refused(ExitCode::kUsage, "--size 24x8");
  options_.size = "24x8";  // resized
  EXPECT_EQ(check_generate(options_).size->width, 24);
}

TEST_F(Request, DamagedPicturesAreRefused) {
  options_.mode = "img2img";
  options_.image =
      file("cut.png",
           data::encode_png(data::GreyImage{8, 8, std::vector<std::uint8_t>(64)}).substr(0, 60));
  refused(ExitCode::kUntrustedData, "cut.png");
  options_.image = (folder_ / "none.png").string();
  refused(ExitCode::kMissing, "none.png");
}

TEST_F(Request, FilesThatAreNotThereAreMissing) {
  for (std::string GenerateOptions::*option :
       {&GenerateOptions::model, &GenerateOptions::tokenizer, &GenerateOptions::taesd,
        &GenerateOptions::init_latents, &GenerateOptions::noise}) {
    GenerateOptions options = options_;
    options.*option = (folder_ / "nowhere").string();
    EXPECT_ERSATZ_ERROR(check_generate(options), ExitCode::kMissing, "nowhere");
  }
  options_.loras = {(folder_ / "none.safetensors").string()};
  refused(ExitCode::kMissing, "none.safetensors");
}

TEST_F(Request, SettingsOfFilesAreSplitOff) {
  const std::string plain = file("a.safetensors", ""), odd = file("b=1.pt", "");
  options_.loras = {plain, plain + "=0.5", odd + "=-2"};
  options_.embeddings = {plain, plain + "=<cat>", odd};
  const GenerateRequest request = check_generate(options_);
  EXPECT_EQ(request.loras[0].scale, 1);
  EXPECT_EQ(request.loras[1].scale, 0.5);
  EXPECT_EQ(request.loras[2].scale, -2);
  EXPECT_EQ(request.loras[2].file, odd);
  EXPECT_EQ(request.embeddings[0].token, "");
  EXPECT_EQ(request.embeddings[1].token, "<cat>");
  EXPECT_EQ(request.embeddings[2].file, odd);
  options_.loras = {plain + "=much"};
  refused(ExitCode::kUsage, "'much' is not a number");
  options_.loras = {};
  options_.embeddings = {plain + "=<a cat>"};
  refused(ExitCode::kUsage, "white space");
}

}  // namespace
}  // namespace ersatz::runner
