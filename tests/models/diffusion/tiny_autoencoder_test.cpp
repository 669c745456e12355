#include "models/diffusion/tiny_autoencoder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "models/diffusion/network_fixture.h"
#include "models/module_state.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

// The middle of a photo as [1, 3, side, side] in [0, 1].
torch::Tensor read_photo(const std::filesystem::path& path, int side) {
  const cv::Mat photo = cv::imread(path.string(), cv::IMREAD_COLOR);
  const int size = std::min(photo.rows, photo.cols);
  const cv::Rect middle((photo.cols - size) / 2, (photo.rows - size) / 2, size, size);
  cv::Mat scaled;
  cv::resize(photo(middle), scaled, cv::Size(side, side), 0, 0, cv::INTER_AREA);
  cv::cvtColor(scaled, scaled, cv::COLOR_BGR2RGB);
  return torch::from_blob(scaled.data, {side, side, 3}, torch::kUInt8)
      .permute({2, 0, 1})
      .unsqueeze(0)
      .to(torch::kFloat32)
      .div(255);
}

TEST(TinyAutoencoder, RestoresPhotos) {
  const torch::NoGradGuard no_grad;
  ERSATZ_REQUIRE_SHARED(weights, "data/taesd");
  ERSATZ_REQUIRE_SHARED(photos, "data/concepts");
  const auto autoencoder = load_tiny_autoencoder(weights);
  for (const char* name : {"dog/00.jpg", "vase/00.jpg", "teapot/00.jpg"}) {
    if (!std::filesystem::exists(photos / name)) continue;
    const torch::Tensor photo = read_photo(photos / name, 256);
    const torch::Tensor latents = autoencoder->encode(photo);
    ASSERT_EQ(latents.sizes(), (std::vector<std::int64_t>{1, 4, 32, 32}));
    EXPECT_NEAR(latents.std().item<double>(), 1.0, 0.5) << "latents as the UNet uses them";
    const torch::Tensor again = autoencoder->decode(latents);
    const double error = (again - photo).square().mean().item<double>();
    const double decibels = -10 * std::log10(error);
    RecordProperty(name, fmt::format("{:.2f} dB", decibels));
    EXPECT_GE(decibels, 23.0) << name;
  }
}

// Weights that diffusers would have saved for `model`.
NamedTensors diffusers_names(const NamedTensors& state) {
  NamedTensors result;
  for (const auto& [name, tensor] : state) {
    const std::size_t dot = name.find('.'), end = name.find('.', dot + 1);
    const std::string half = name.substr(0, dot);
    const int number = std::stoi(name.substr(dot + 1, end - dot - 1));
    result.emplace(fmt::format("{}.layers.{}{}", half, half == "decoder" ? number - 1 : number,
                               name.substr(end)),
                   tensor);
  }
  return result;
}

TEST(TinyAutoencoder, ReadsBothKindsOfFiles) {
  const torch::NoGradGuard no_grad;
  const test::TemporaryFolder original, diffusers;
  TinyAutoencoder made;
  fill_by_recipe(made, 1, {}, "");
  NamedTensors state = module_state(made), encoder, decoder;
  EXPECT_EQ(state.size(), 2U * (10U * 6U + 4U + 3U));
  for (const auto& [name, tensor] : state) {
    (name[0] == 'e' ? encoder : decoder).emplace(name.substr(8), tensor);
  }
  save_safetensors(original / "taesd_encoder.safetensors", encoder);
  save_safetensors(original / "taesd_decoder.safetensors", decoder);
  save_safetensors(diffusers / "diffusion_pytorch_model.safetensors", diffusers_names(state));
  const torch::Tensor image = torch::rand({2, 3, 16, 24}), latents = torch::randn({2, 4, 2, 3});
  for (const std::filesystem::path& folder : {original.path(), diffusers.path()}) {
    const auto read = load_tiny_autoencoder(folder);
    EXPECT_TRUE(torch::equal(read->encode(image), made.encode(image))) << folder;
    EXPECT_TRUE(torch::equal(read->decode(latents), made.decode(latents))) << folder;
  }
  const torch::Tensor decoded = made.decode(latents * 100);
  EXPECT_EQ(decoded.sizes(), (std::vector<std::int64_t>{2, 3, 16, 24}));
  EXPECT_GE(decoded.min().item<float>(), 0.0F);
  EXPECT_LE(decoded.max().item<float>(), 1.0F);
}

TEST(TinyAutoencoder, RefusesOtherFiles) {
  const test::TemporaryFolder folder;
  EXPECT_ERSATZ_ERROR(load_tiny_autoencoder(folder.path()), core::ExitCode::kMissing, "TAESD");
  save_safetensors(folder / "diffusion_pytorch_model.safetensors",
                   {{"encoder.layers.x.weight", torch::zeros({1})}});
  EXPECT_ERSATZ_ERROR(load_tiny_autoencoder(folder.path()), core::ExitCode::kUntrustedData,
                      "encoder.layers.x.weight");
  save_safetensors(folder / "taesd_encoder.safetensors", {{"0.bias", torch::zeros({64})}});
  EXPECT_ERSATZ_ERROR(load_tiny_autoencoder(folder.path()), core::ExitCode::kMissing,
                      "taesd_decoder");
}

}  // namespace
}  // namespace ersatz::models
