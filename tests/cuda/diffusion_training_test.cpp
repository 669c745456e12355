// Training a latent diffusion model on a GPU: batches made ahead are the same batches, and losses
// and weights follow those of the CPU.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "cuda/cuda_fixture.h"
#include "support/test_support.h"
#include "train/diffusion/latent_diffusion_step.h"
#include "train/diffusion/latent_fixture.h"

namespace ersatz::train {
namespace {

class CudaLatentDiffusion : public test::Cuda {
 protected:
  void SetUp() override {
    test::Cuda::SetUp();
    if (IsSkipped()) return;
    latents_ = std::make_unique<test::SmallLatents>(folder_.path(), test::captioned_discs(1), 12);
  }

  std::vector<double> losses(LatentDiffusionStep& step, const std::vector<std::int64_t>& steps) {
    std::vector<double> all;
    for (const std::int64_t i : steps) all.push_back(step.update(i, 1e-3).cpu().item<double>());
    return all;
  }

  LatentDiffusionStep on(const c10::Device& device, const LatentDiffusionTraining& training) {
    return {training, latents_->cache(), latents_->empty_caption(), 5, device, {1}};
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<test::SmallLatents> latents_;
};

TEST_F(CudaLatentDiffusion, FollowsTheCpu) {
  LatentDiffusionTraining training = test::small_training(8);
  training.accumulation = 2;
  LatentDiffusionStep cpu = on(torch::kCPU, training), gpu = on(device_, training);
  // Not in order after step 3: batches made ahead are then of no use.
  const std::vector<std::int64_t> steps = {0, 1, 2, 3, 6, 5, 4};
  const std::vector<double> expected = losses(cpu, steps), found = losses(gpu, steps);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 2e-3 * expected[i]) << "step " << steps[i];
  }
  const models::NamedTensors weights = cpu.state();
  for (const auto& [name, tensor] : gpu.state()) {
    if (name.find("averages/") != 0 || name.find("weight") == std::string::npos) continue;
    EXPECT_LT(test::relative_difference(tensor, weights.at(name)), 2e-2) << name;
  }
}

TEST_F(CudaLatentDiffusion, TrainsInBfloat16WithWeightsInFloat) {
  LatentDiffusionTraining training = test::small_training(30);
  training.dtype = "bf16";
  LatentDiffusionStep step = on(device_, training);
  std::vector<std::int64_t> steps(30);
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = static_cast<std::int64_t>(i);
  const std::vector<double> found = losses(step, steps);
  EXPECT_LT(found.back(), 1.2) << "of unit noise";
  for (const auto& item : step.state()) EXPECT_EQ(item.second.scalar_type(), torch::kFloat32);
}

}  // namespace
}  // namespace ersatz::train
