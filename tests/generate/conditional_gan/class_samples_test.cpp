#include "generate/conditional_gan/class_samples.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <limits>

#include "models/conditional_gan_generator.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

const std::vector<std::string> kNames = {"dress", "hat", "t-shirt"};

void save_generator(const std::filesystem::path& path) {
  models::ConditionalGanOptions options;
  options.classes = 3;
  options.latent_dimensions = 9;
  options.generator_filters = 16;
  save_conditional_gan_generator(path, models::ConditionalGanGenerator(options, 3), kNames);
}

std::vector<std::uint8_t> picture(const data::LabelledImages& images, std::size_t i) {
  return {images.image(i), images.image(i) + images.image_bytes()};
}

TEST(ClassSamples, APictureDependsOnItsClassAndNumberOnly) {
  const test::TemporaryFolder folder;
  save_generator(folder / "g");
  ClassSampleOptions options;
  options.seed = 9;
  const data::LabelledImages all = sample_classes(folder / "g", {0, 1, 1, 2, 0, 1}, options);
  EXPECT_EQ(all.labels, (std::vector<std::uint8_t>{0, 1, 1, 2, 0, 1}));
  EXPECT_EQ(all.pixels.size(), 6U * 784);
  const data::LabelledImages hats = sample_classes(folder / "g", {1, 1, 1}, options);
  EXPECT_EQ(picture(hats, 0), picture(all, 1));
  EXPECT_EQ(picture(hats, 1), picture(all, 2));
  EXPECT_EQ(picture(hats, 2), picture(all, 5));
  EXPECT_NE(picture(hats, 0), picture(hats, 1));
  for (const std::int64_t batch : {1, 2, 5}) {
    options.batch_size = batch;
    EXPECT_EQ(sample_classes(folder / "g", all.labels, options).pixels, all.pixels) << batch;
  }
  options.seed = 10;
  EXPECT_NE(sample_classes(folder / "g", {1, 1, 1}, options).pixels, hats.pixels);
}

TEST(ClassSamples, KnowsItsClasses) {
  const test::TemporaryFolder folder;
  save_generator(folder / "g");
  EXPECT_EQ(class_names(folder / "g"), kNames);
  EXPECT_EQ(balanced_labels(2, 3), (std::vector<std::uint8_t>{0, 0, 0, 1, 1, 1}));
  EXPECT_ERSATZ_ERROR(sample_classes(folder / "g", {0, 3}, {}), core::ExitCode::kUsage,
                      "class 3 asked for");
  EXPECT_EQ(sample_classes(folder / "g", {}, {}).size(), 0U);
}

TEST(ClassSamples, NanIsSaid) {
  const test::TemporaryFolder folder;
  save_generator(folder / "g");
  models::Safetensors file = models::load_safetensors(folder / "g");
  file.tensors.at("output_bias").fill_(std::numeric_limits<float>::quiet_NaN());
  models::save_safetensors(folder / "bad", file.tensors, file.metadata);
  EXPECT_ERSATZ_ERROR(sample_classes(folder / "bad", {0}, {}), core::ExitCode::kNumeric,
                      "a generated picture");
}

}  // namespace
}  // namespace ersatz::generate
