// GANs on a GPU: norms and updates of the CPU.
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <numeric>
#include <vector>

#include "cuda/cuda_fixture.h"
#include "models/offset_batch_norm.h"
#include "train/conditional_gan_step.h"
#include "train/image_set.h"
#include "train/pixelda_step.h"
#include "train/synthetic_digits.h"

namespace ersatz::train {
namespace {

class CudaGans : public test::Cuda {
 protected:
  static constexpr std::int64_t kBatch = 6;

  static ImageSet::Batch batch(const ImageSet& set, std::int64_t first) {
    std::vector<std::int64_t> rows(kBatch);
    std::iota(rows.begin(), rows.end(), first);
    return set.gather(rows, 127.5, -1);
  }

  static double value(const torch::Tensor& loss) { return loss.cpu().item<double>(); }
};

// The first update begins from equal weights; those of the second differ where a gradient is about
// nothing, of which Adam makes whole steps.
constexpr double kFirst = 1e-4, kSecond = 1e-2;

TEST_F(CudaGans, OffsetNormsHaveTheGradientsOfTheCpu) {
  for (const bool channels_last : {false, true}) {
    models::OffsetBatchNorm cpu(5, 0.9), gpu(5, 0.9);
    gpu.to(device_);
    for (const auto& sizes : std::vector<std::vector<std::int64_t>>{{8, 5}, {4, 5, 6, 7}}) {
      torch::manual_seed(1);
      torch::Tensor x = torch::randn(sizes) * 3 + 1;
      if (channels_last && x.dim() == 4) x = x.contiguous(torch::MemoryFormat::ChannelsLast);
      torch::Tensor there = x.to(device_);
      x.requires_grad_(true);
      there.requires_grad_(true);
      cpu.zero_grad();
      gpu.zero_grad();
      const torch::Tensor expected = cpu.forward(x, models::Statistics::kBatchAndUpdate);
      const torch::Tensor found = gpu.forward(there, models::Statistics::kBatchAndUpdate);
      EXPECT_LT(test::relative_difference(found, expected), 1e-5);
      expected.pow(3).sum().backward();
      found.pow(3).sum().backward();
      EXPECT_LT(test::relative_difference(there.grad(), x.grad()), 1e-4);
      const auto ours = gpu.named_parameters();
      EXPECT_LT(
          test::relative_difference(ours["offset"].grad(), cpu.named_parameters()["offset"].grad()),
          1e-4);
      EXPECT_LT(test::relative_difference(gpu.named_buffers()["running_variance"],
                                          cpu.named_buffers()["running_variance"]),
                1e-5);
    }
  }
}

TEST_F(CudaGans, PixelDaUpdatesAreTheCpus) {
  PixelDaTraining training;
  training.network.generator_filters = 8;
  training.network.residual_blocks = 2;
  training.network.discriminator_filters = 8;
  training.network.task_filters = 4;
  training.network.task_hidden_units = 16;
  // Random numbers on a GPU are others.
  training.network.discriminator_keep = 1;
  training.network.discriminator_noise = 0;
  training.network.task_dropout = 0;
  training.similarity_weight = 0.5;
  training.batch_size = kBatch;
  const auto source = test::synthetic_digits(2 * kBatch, 1);
  const auto target = test::synthetic_digits(2 * kBatch, 2);
  const ImageSet source_cpu(source, c10::kCPU, 10), source_gpu(source, device_, 10);
  const ImageSet target_cpu(target, c10::kCPU, 0), target_gpu(target, device_, 0);
  PixelDaStep cpu(training, 3, c10::kCPU), gpu(training, 3, device_);
  for (std::int64_t step = 0; step < 2; ++step) {
    const double tolerance = step == 0 ? kFirst : kSecond;
    const std::int64_t first = step * kBatch;
    const double expected = value(
        cpu.update_discriminator(batch(source_cpu, first), batch(target_cpu, first), step, 1e-3));
    const double found = value(
        gpu.update_discriminator(batch(source_gpu, first), batch(target_gpu, first), step, 1e-3));
    EXPECT_NEAR(found, expected, tolerance * expected) << step;
    const double wanted = value(cpu.update_generator(batch(source_cpu, first), step, 1e-3));
    EXPECT_NEAR(value(gpu.update_generator(batch(source_gpu, first), step, 1e-3)), wanted,
                kSecond * wanted)
        << step;
    EXPECT_LT(test::relative_difference(gpu.transferred(), cpu.transferred()), kSecond) << step;
  }
}

TEST_F(CudaGans, ConditionalUpdatesAreTheCpus) {
  ConditionalGanTraining training;
  training.network.label_dimensions = 4;
  training.network.latent_dimensions = 6;
  training.network.generator_filters = 16;
  training.network.discriminator_filters = 16;
  training.network.discriminator_dropout = 0;
  training.batch_size = 2 * kBatch;
  const auto images = test::synthetic_digits(2 * kBatch, 1);
  const ImageSet on_cpu(images, c10::kCPU, 10), on_gpu(images, device_, 10);
  ConditionalGanStep cpu(training, 3, c10::kCPU), gpu(training, 3, device_);
  for (std::int64_t step = 0; step < 2; ++step) {
    const auto expected = cpu.update(batch(on_cpu, step * kBatch), step);
    const auto found = gpu.update(batch(on_gpu, step * kBatch), step);
    EXPECT_NEAR(value(found.discriminator_real), value(expected.discriminator_real),
                (step == 0 ? kFirst : kSecond) * value(expected.discriminator_real));
    EXPECT_NEAR(value(found.generator), value(expected.generator),
                kSecond * value(expected.generator));
    EXPECT_LT(test::relative_difference(gpu.generated(), cpu.generated()), kSecond) << step;
  }
}

}  // namespace
}  // namespace ersatz::train
