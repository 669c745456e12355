#include <gtest/gtest.h>
#include <torch/types.h>

#include <set>

#include "core/file_system.h"
#include "core/log.h"
#include "support/test_support.h"
#include "train/collapse_watch.h"
#include "train/epoch_sampler.h"
#include "train/image_set.h"
#include "train/loss_meter.h"
#include "train/metrics_log.h"
#include "train/pixelda_losses.h"

namespace ersatz::train {
namespace {

TEST(EpochSampler, EveryEpochVisitsEveryImageOnce) {
  EpochSampler sampler(55, 1, "s");
  std::vector<std::int64_t> sequence;
  for (std::int64_t step = 0; step < 11; ++step) {
    for (const std::int64_t i : sampler.batch(step, 100)) sequence.push_back(i);
  }
  ASSERT_EQ(sequence.size(), 1100U);
  std::set<std::vector<std::int64_t>> orders;
  for (std::size_t epoch = 0; epoch < 20; ++epoch) {
    const std::vector<std::int64_t> order(sequence.begin() + static_cast<long>(55 * epoch),
                                          sequence.begin() + static_cast<long>(55 * epoch + 55));
    EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 55U);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 20U) << "epochs are shuffled differently";
}

TEST(EpochSampler, AnyStepWithoutTheOnesBefore) {
  EpochSampler whole(1000, 7, "s");
  std::vector<std::int64_t> last;
  for (std::int64_t step = 0; step <= 31; ++step) last = whole.batch(step, 100);
  EXPECT_EQ(EpochSampler(1000, 7, "s").batch(31, 100), last);
  EXPECT_NE(EpochSampler(1000, 8, "s").batch(31, 100), last);
}

TEST(EpochSampler, RefusesAnEmptySet) {
  EXPECT_ERSATZ_ERROR(EpochSampler(0, 1, "s"), core::ExitCode::kUsage, "no images");
}

data::LabelledImages three_images() { return {1, 2, {0, 255, 51, 102, 10, 20}, {0, 1, 2}}; }

TEST(ImageSet, GathersAndScales) {
  const ImageSet set(three_images(), torch::kCPU, 3);
  const auto batch = set.gather({2, 0, 2}, 255.0, 0.0);
  EXPECT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{3, 1, 1, 2}));
  EXPECT_EQ(batch.images[1][0][0][1].item<float>(), 1.0F);
  EXPECT_EQ(batch.images[0][0][0][0].item<float>(), 10.0F / 255.0F);
  EXPECT_TRUE(torch::equal(batch.labels, torch::tensor({2, 0, 2}, torch::kInt64)));
  const auto centred = set.gather({0}, 127.5, -1.0);
  EXPECT_EQ(centred.images[0][0][0][0].item<float>(), -1.0F);
  EXPECT_EQ(centred.images[0][0][0][1].item<float>(), 1.0F);
}

TEST(ImageSet, RefusesLabelsOutOfRangeAndEmptySets) {
  EXPECT_ERSATZ_ERROR(ImageSet(three_images(), torch::kCPU, 2), core::ExitCode::kUsage,
                      "image 2 has label 2");
  EXPECT_ERSATZ_ERROR(ImageSet({}, torch::kCPU, 2), core::ExitCode::kUsage, "no images");
}

TEST(ImageSet, DigestSeesEverything) {
  const std::string digest = images_digest(three_images());
  data::LabelledImages other = three_images();
  other.labels[0] = 1;
  EXPECT_NE(images_digest(other), digest);
  other = three_images();
  std::swap(other.height, other.width);
  EXPECT_NE(images_digest(other), digest);
  other = three_images();
  other.pixels[3] ^= 1;
  EXPECT_NE(images_digest(other), digest);
  EXPECT_EQ(images_digest(three_images()), digest);
}

TEST(LossMeter, MeanAndState) {
  LossMeter meter("the loss");
  meter.add(torch::tensor(1.0F), 1);
  meter.add(torch::tensor(2.0F), 2);
  LossMeter other("the loss");
  other.load_state(meter.state());
  other.add(torch::tensor(6.0F), 3);
  EXPECT_EQ(meter.mean(), 1.5);
  EXPECT_EQ(other.mean(), 3.0);
  other.reset();
  EXPECT_EQ(other.mean(), 0.0);
}

TEST(LossMeter, NanEndsTheRunNamingTheStep) {
  LossMeter meter("the loss");
  EXPECT_ERSATZ_ERROR(meter.add(torch::tensor(NAN), 42), core::ExitCode::kNumeric, "step 42");
  EXPECT_ERSATZ_ERROR(meter.add(torch::tensor(INFINITY), 7), core::ExitCode::kNumeric, "the loss");
}

TEST(MetricsLog, ContinuesWhereTheCheckpointIs) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder / "logs" / "metrics.jsonl";
  {
    const MetricsLog log(file, 0);
    for (int step = 10; step <= 40; step += 10) log.append({{"step", step}, {"loss", 0.5}});
  }
  core::append_line(file, "{\"step\": 50, \"lo");  // torn by a crash
  const MetricsLog resumed(file, 20);
  resumed.append({{"step", 30}, {"loss", 0.25}});
  EXPECT_EQ(
      core::read_file(file),
      "{\"step\":10,\"loss\":0.5}\n{\"step\":20,\"loss\":0.5}\n{\"step\":30,\"loss\":0.25}\n");
}

TEST(PixelDaLosses, ClosedForms) {
  const torch::Tensor zero = torch::zeros({4, 1}), large = torch::full({4, 1}, 20.0F);
  const double ln2 = std::log(2.0);
  EXPECT_NEAR(domain_loss(zero, zero).item<double>(), 2 * ln2, 1e-6);
  EXPECT_NEAR(domain_loss(large, -large).item<double>(), 0.0, 1e-6);
  EXPECT_NEAR(domain_loss(-large, large).item<double>(), 40.0, 1e-5);
  EXPECT_NEAR(fooling_loss(zero).item<double>(), ln2, 1e-6);
  EXPECT_NEAR(fooling_loss(-large).item<double>(), 20.0, 1e-5);
  const torch::Tensor labels = torch::tensor({1, 2, 3, 0}, torch::kInt64);
  EXPECT_NEAR(task_loss(torch::zeros({4, 10}), labels).item<double>(), std::log(10.0), 1e-6);
}

TEST(PixelDaLosses, PairwiseErrorIgnoresAConstantShift) {
  const torch::Tensor a = torch::randn({3, 1, 4, 4});
  EXPECT_NEAR(pairwise_squared_error(a, a + 0.7).item<double>(), 0.0, 1e-6);
  // d = (1, -1): mean square 1, mean 0.
  const torch::Tensor d = torch::tensor({1.0F, -1.0F}).view({1, 1, 1, 2});
  EXPECT_NEAR(pairwise_squared_error(d, torch::zeros_like(d)).item<double>(), 1.0, 1e-6);
}

TEST(CollapseWatch, WarnsOnceAfterThreeObservations) {
  EXPECT_EQ(variety(torch::ones({5, 1, 2, 2})).item<float>(), 0.0F);
  CollapseWatch watch;
  watch.observe(0.01, 1001);
  watch.observe(0.5, 1002);
  watch.observe(0.01, 1003);
  watch.observe(0.01, 1004);
  EXPECT_FALSE(watch.collapsed());
  CollapseWatch resumed;
  resumed.load_state(watch.state());
  resumed.observe(0.01, 1005);
  EXPECT_TRUE(resumed.collapsed());
  bool warned = false;
  for (const std::string& warning : core::logged_warnings()) {
    warned = warned || warning.find("step 1005") != std::string::npos;
  }
  EXPECT_TRUE(warned);
}

}  // namespace
}  // namespace ersatz::train
