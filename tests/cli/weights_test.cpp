// `ersatz weights`, from the command line to the files.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <torch/types.h>

#include "cli/cli_fixture.h"
#include "core/digest.h"
#include "core/json.h"
#include "models/safetensors.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

class WeightsCommand : public ::testing::Test {
 protected:
  CommandResult weights(const std::string& arguments) {
    return run_command(fmt::format("cd '{}' && ERSATZ_HOME='{}' '{}/ersatz' weights {}",
                                   folder_.path().string(), source_root().string(), ERSATZ_BIN_DIR,
                                   arguments));
  }
  TemporaryFolder folder_;
};

TEST_F(WeightsCommand, RandomModelsAreWhole) {
  const CommandResult made = weights("random --arch tiny --seed 3 --out model");
  ASSERT_EQ(made.exit_status, 0) << made.errors;
  const CommandResult verified = weights("verify model --json");
  ASSERT_EQ(verified.exit_status, 0) << verified.errors;
  const Json files = Json::parse(verified.output);
  ASSERT_EQ(files.size(), 3u);
  for (const Json& file : files) {
    EXPECT_EQ(file.at("sha256"), core::sha256_file(folder_ / file.at("file").get<std::string>()));
  }
  // Writing over it is refused; another seed is another model.
  EXPECT_EQ(weights("random --arch tiny --out model").exit_status, 2);
  ASSERT_EQ(weights("random --arch tiny --seed 4 --out other").exit_status, 0);
  EXPECT_NE(core::sha256_file(folder_ / "other/unet/diffusion_pytorch_model.safetensors"),
            core::sha256_file(folder_ / "model/unet/diffusion_pytorch_model.safetensors"));
}

TEST_F(WeightsCommand, ThereAndBackAgainIsTheSame) {
  ASSERT_EQ(weights("random --arch tiny --out model").exit_status, 0);
  const CommandResult single = weights("convert model --to single-file --out one.safetensors");
  ASSERT_EQ(single.exit_status, 0) << single.errors;
  const CommandResult inspected = weights("inspect one.safetensors");
  EXPECT_EQ(inspected.exit_status, 0) << inspected.errors;
  EXPECT_THAT(inspected.output, HasSubstr("single-file"));
  // Writing over it is refused, at once.
  EXPECT_EQ(weights("convert model --to single-file --out one.safetensors").exit_status, 2);
  // A folder of a file's name would be a surprise.
  const CommandResult folder = weights("convert model --out two.safetensors");
  EXPECT_EQ(folder.exit_status, 2);
  EXPECT_THAT(folder.errors, HasSubstr("--to single-file"));
  const CommandResult back = weights("convert one.safetensors --to diffusers --out back");
  ASSERT_EQ(back.exit_status, 0) << back.errors;
  for (const char* file :
       {"unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors"}) {
    EXPECT_EQ(core::sha256_file(folder_ / "back" / file),
              core::sha256_file(folder_ / "model" / file))
        << file;
  }
  ASSERT_EQ(weights("convert model --out half --dtype fp16").exit_status, 0);
  const Json half = Json::parse(weights("inspect half --json").output);
  EXPECT_TRUE(half.at(0).at("types").contains("F16")) << half.dump(2);
}

TEST_F(WeightsCommand, InspectListsTensors) {
  ASSERT_EQ(weights("random --arch tiny --out model").exit_status, 0);
  const CommandResult list = weights("inspect model --tensors");
  EXPECT_EQ(list.exit_status, 0) << list.errors;
  EXPECT_THAT(list.output, HasSubstr("conv_in.weight"));
  EXPECT_THAT(list.output, HasSubstr("UNet"));
}

// Names and metadata of files must not be able to command the terminal.
TEST_F(WeightsCommand, InspectShowsControlCharactersAsText) {
  models::save_safetensors(folder_ / "x.safetensors", {{"a\x1b[2J", torch::zeros({1})}},
                           {{"k\x1b[1m", "v\x1b]0;title\x07"}});
  const CommandResult result = weights("inspect x.safetensors --tensors");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_EQ(result.output.find('\x1b'), std::string::npos) << result.output;
  EXPECT_THAT(result.output, HasSubstr("a\\x1b[2J"));
  EXPECT_THAT(result.output, HasSubstr("k\\x1b[1m: v\\x1b]0;title\\x07"));
}

TEST_F(WeightsCommand, DamageIsRefused) {
  ASSERT_EQ(weights("random --arch tiny --out model").exit_status, 0);
  const fs::path unet = folder_ / "model/unet/diffusion_pytorch_model.safetensors";
  fs::resize_file(unet, fs::file_size(unet) - 1);
  for (const char* command : {"verify model", "inspect model", "convert model --out other"}) {
    const CommandResult result = weights(command);
    EXPECT_EQ(result.exit_status, 30) << command << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("diffusion_pytorch_model.safetensors"));
  }
  EXPECT_EQ(weights("verify none").exit_status, 40);
}

}  // namespace
}  // namespace ersatz::test
