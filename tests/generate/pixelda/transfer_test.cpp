#include "generate/pixelda/transfer.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "models/pixelda_generator.h"
#include "models/safetensors.h"
#include "support/test_support.h"
#include "train/synthetic_digits.h"

namespace ersatz::generate {
namespace {

// A generator with settled running statistics and output away from saturation.
void save_generator(const std::filesystem::path& path, std::int64_t filters = 16) {
  models::PixelDaOptions options;
  options.generator_filters = filters;
  options.residual_blocks = 2;
  options.initial_deviation = 0.1;
  models::PixelDaGenerator generator(options, 3);
  torch::manual_seed(2);
  for (int i = 0; i < 20; ++i) {
    generator.forward(torch::rand({16, 1, 28, 28}) * 2 - 1, torch::rand({16, 10}) * 2 - 1,
                      models::Statistics::kBatchAndUpdate);
  }
  save_pixelda_generator(path, generator);
}

TEST(Transfer, ImagesDoNotDependOnTheBatchTheyAreIn) {
  const test::TemporaryFolder folder;
  save_generator(folder / "g");
  const data::LabelledImages digits = test::synthetic_digits(53, 1);
  TransferOptions options;
  options.seed = 9;
  const data::LabelledImages all = transfer_images(folder / "g", digits, options);
  EXPECT_EQ(all.labels, digits.labels);
  EXPECT_NE(all.pixels, digits.pixels);
  for (const std::int64_t batch_size : {1, 7, 32, 53}) {
    options.batch_size = batch_size;
    EXPECT_EQ(transfer_images(folder / "g", digits, options).pixels, all.pixels) << batch_size;
  }
}

TEST(Transfer, PartsEqualTheWhole) {
  const test::TemporaryFolder folder;
  save_generator(folder / "g");
  const data::LabelledImages digits = test::synthetic_digits(20, 1);
  TransferOptions options;
  const data::LabelledImages all = transfer_images(folder / "g", digits, options);
  data::LabelledImages tail = digits;
  tail.pixels.erase(tail.pixels.begin(), tail.pixels.begin() + 12 * 784);
  tail.labels.erase(tail.labels.begin(), tail.labels.begin() + 12);
  options.first_index = 12;
  const data::LabelledImages rest = transfer_images(folder / "g", tail, options);
  EXPECT_TRUE(std::equal(rest.pixels.begin(), rest.pixels.end(), all.pixels.begin() + 12 * 784));
}

TEST(Transfer, SeedChangesTheNoise) {
  const test::TemporaryFolder folder;
  save_generator(folder / "g");
  const data::LabelledImages digits = test::synthetic_digits(5, 1);
  TransferOptions options;
  const data::LabelledImages one = transfer_images(folder / "g", digits, options);
  options.seed = 1;
  EXPECT_NE(transfer_images(folder / "g", digits, options).pixels, one.pixels);
}

TEST(Transfer, RefusesWrongSizesAndFiles) {
  const test::TemporaryFolder folder;
  save_generator(folder / "g", 4);
  EXPECT_ERSATZ_ERROR(transfer_images(folder / "g", {2, 2, {1, 2, 3, 4}, {0}}, {}),
                      core::ExitCode::kUsage, "28x28, not 2x2");
  EXPECT_ERSATZ_ERROR(transfer_images(folder / "none", test::synthetic_digits(1, 1), {}),
                      core::ExitCode::kMissing, "none");
  EXPECT_TRUE(transfer_images(folder / "g", {28, 28, {}, {}}, {}).labels.empty());
}

TEST(Transfer, NanIsAnError) {
  const test::TemporaryFolder folder;
  save_generator(folder / "g", 4);
  models::Safetensors file = models::load_safetensors(folder / "g");
  file.tensors["last_bias"].fill_(NAN);
  models::save_safetensors(folder / "g", file.tensors, file.metadata);
  EXPECT_ERSATZ_ERROR(transfer_images(folder / "g", test::synthetic_digits(3, 1), {}),
                      core::ExitCode::kNumeric, "image 0");
}

}  // namespace
}  // namespace ersatz::generate
