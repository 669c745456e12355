#include "models/diffusion/weights_summary.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <limits>

#include "core/digest.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/weights_kind.h"
#include "models/weights/weights.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

std::string kind(const NamedTensors& tensors) {
  Weights weights;
  weights.tensors = tensors;
  return weights_kind(weights);
}

TEST(WeightsKind, IsFoundByNamesAndShapes) {
  const auto matrix = [](std::int64_t rows, std::int64_t columns) {
    return torch::zeros({}).expand({rows, columns});
  };
  const auto kernel = [](std::int64_t in) { return torch::zeros({}).expand({320, in, 3, 3}); };
  const std::string ldm = "model.diffusion_model.";
  EXPECT_EQ(
      kind({{ldm + "input_blocks.0.0.weight", kernel(4)},
            {ldm + "middle_block.1.transformer_blocks.0.attn2.to_k.weight", matrix(1280, 768)}}),
      "single-file SD 1.x");
  EXPECT_EQ(
      kind({{ldm + "input_blocks.0.0.weight", kernel(9)},
            {ldm + "middle_block.1.transformer_blocks.0.attn2.to_k.weight", matrix(1280, 1024)}}),
      "single-file SD 2.x, inpainting");
  EXPECT_EQ(kind({{"time_embedding.linear_1.weight", matrix(8, 8)},
                  {"conv_in.weight", kernel(4)},
                  {"x.attn2.to_k.weight", matrix(8, 768)}}),
            "SD 1.x UNet (diffusers)");
  EXPECT_EQ(kind({{"lora_unet_x.lora_down.weight", matrix(4, 8)}}), "LoRA (kohya)");
  EXPECT_EQ(kind({{"unet.x.processor.to_q_lora.down.weight", matrix(4, 8)}}), "LoRA (diffusers)");
  EXPECT_EQ(kind({{"base_model.model.x.lora_A.weight", matrix(4, 8)}}), "LoRA (peft)");
  EXPECT_EQ(kind({{"<cat-toy>", torch::zeros({768})}}), "textual inversion");
  EXPECT_EQ(kind({{"string_to_param.*", matrix(2, 768)}}), "textual inversion");
  EXPECT_EQ(kind({{"encoder.layers.0.weight", kernel(3)}}), "TAESD");
  EXPECT_EQ(kind({{"something", matrix(2, 2)}}), "unknown tensors");
  EXPECT_EQ(kind({}), "unknown tensors");
}

TEST(WeightsSummary, CountsWhatIsThere) {
  const test::TemporaryFolder folder;
  save_safetensors(folder / "e.safetensors",
                   {{"a", torch::zeros({2, 768})}, {"b", torch::zeros({768}, torch::kFloat16)}},
                   {{"by", "nobody"}});
  const WeightsSummary summary = weights_summary(folder / "e.safetensors");
  EXPECT_EQ(summary.kind, "textual inversion");
  EXPECT_EQ(summary.parameters, 3 * 768);
  EXPECT_EQ(summary.bytes, 2U * 768 * 4 + 768 * 2);
  EXPECT_EQ(summary.types.at("F32"), 1);
  EXPECT_EQ(summary.types.at("F16"), 1);
  EXPECT_EQ(summary.metadata.at("by"), "nobody");
  ASSERT_EQ(summary.tensors.size(), 2U);
  EXPECT_EQ(summary.tensors[0].shape, (std::vector<std::int64_t>{2, 768}));
}

TEST(VerifyModel, ChecksEverythingAndDigests) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "tiny");
  const auto files = verify_model(folder / "model");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].kind, "CLIP text encoder of width 32");
  EXPECT_EQ(files[2].kind, "AutoencoderKL (diffusers)");
  EXPECT_EQ(files[1].sha256, core::sha256_file(folder / "model" / test::kUNetFile));
  EXPECT_EQ(model_summaries(folder / "model").size(), 3U);

  test::edit_weights(folder / "model" / test::kUNetFile,
                     [](NamedTensors& tensors) { tensors.erase("conv_in.bias"); });
  EXPECT_ERSATZ_ERROR(verify_model(folder / "model"), ExitCode::kUntrustedData, "conv_in.bias");
  save_safetensors(folder / "e", {{"v", torch::zeros({768})}});
  EXPECT_EQ(verify_model(folder / "e").at(0).kind, "textual inversion");
  save_safetensors(folder / "e",
                   {{"v", torch::full({768}, std::numeric_limits<float>::quiet_NaN())}});
  EXPECT_ERSATZ_ERROR(verify_model(folder / "e"), ExitCode::kUntrustedData, "'v' has NaN");
  EXPECT_ERSATZ_ERROR(verify_model(folder / "none"), ExitCode::kMissing, "none");
}

}  // namespace
}  // namespace ersatz::models
