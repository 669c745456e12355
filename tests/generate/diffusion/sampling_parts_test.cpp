// The parts of the pipeline that need no model.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "generate/diffusion/denoised.h"
#include "generate/diffusion/finite_watch.h"
#include "generate/diffusion/guidance.h"
#include "generate/diffusion/latent_noise.h"
#include "generate/diffusion/preprocess.h"
#include "generate/diffusion/request_check.h"
#include "generate/diffusion/starting_point.h"
#include "generate/diffusion/trajectory_fixture.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using test::max_difference;

TEST(LatentNoise, EveryImageHasItsOwnGenerator) {
  LatentNoise noise({7, 8}, {4, 3, 5}, torch::kCPU);
  const torch::Tensor first = noise.draw();
  const torch::Tensor second = noise.draw();
  for (std::int64_t image = 0; image < 2; ++image) {
    at::Generator alone = at::detail::createCPUGenerator(static_cast<std::uint64_t>(7 + image));
    EXPECT_TRUE(torch::equal(first[image], torch::randn({1, 4, 3, 5}, alone, torch::kFloat32)[0]));
    EXPECT_TRUE(torch::equal(second[image], torch::randn({1, 4, 3, 5}, alone, torch::kFloat32)[0]));
  }
}

// torch.manual_seed(0); torch.randn(...): known to every user of the reference.
TEST(LatentNoise, IsTheReferencesMersenneTwister) {
  LatentNoise noise({0}, {4, 64, 64}, torch::kCPU);
  const torch::Tensor flat = noise.initial().flatten();
  EXPECT_NEAR(flat[0].item<double>(), -1.1258, 1e-4);
  EXPECT_NEAR(flat[1].item<double>(), -1.1524, 1e-4);
  EXPECT_NEAR(flat.std().item<double>(), 1, 0.02);
}

TEST(LatentNoise, RecordedDrawsMatchTheGenerator) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures/trajectories");
  const test::Trajectory trajectory(fixtures / "inpaint9/inpaint9_euler_a_s06");
  LatentNoise noise({7}, {4, 16, 16}, torch::kCPU);
  for (const char* name : {"noise.000", "noise.001", "noise.002", "noise.003", "noise.008"}) {
    if (std::string(name) == "noise.008") {
      for (int i = 4; i < 8; ++i) noise.draw();
    }
    EXPECT_LE(max_difference(noise.draw(), trajectory.at(name)), 1e-6) << name;
  }
}

TEST(Guidance, MovesAwayFromTheUnconditional) {
  const torch::Tensor without = torch::full({2, 1, 1, 2}, 1.0);
  const torch::Tensor with = torch::full({2, 1, 1, 2}, 3.0);
  EXPECT_EQ(max_difference(guide(torch::cat({without, with}), 7.5), without + 7.5 * 2.0), 0);
  EXPECT_EQ(max_difference(guide(torch::cat({without, with}), 1), with), 0);
}

TEST(Guidance, RescaleRestoresTheDeviationOfEveryImage) {
  at::Generator generator = at::detail::createCPUGenerator(1);
  const torch::Tensor without = torch::randn({2, 4, 6, 6}, generator, torch::kFloat32);
  const torch::Tensor with = torch::randn({2, 4, 6, 6}, generator, torch::kFloat32) *
                             torch::tensor({1.0, 5.0}).view({2, 1, 1, 1});
  const torch::Tensor outputs = torch::cat({without, with});
  const torch::Tensor plain = guide(outputs, 7.5);
  const torch::Tensor full = guide(outputs, 7.5, 1.0);
  for (std::int64_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(full[i].std().item<double>(), with[i].std().item<double>(), 1e-4);
    EXPECT_GT(plain[i].std().item<double>(), 2 * with[i].std().item<double>());
  }
  EXPECT_LE(max_difference(guide(outputs, 7.5, 0.7), 0.7 * full + 0.3 * plain), 1e-4);
}

TEST(Preprocess, MasksAreReducedByPickingPixels) {
  const torch::Tensor mask = torch::arange(32, torch::kFloat32).view({1, 1, 4, 8}) / 32;
  EXPECT_EQ(max_difference(latent_mask(mask, 2) * 32,
                           torch::tensor({0, 2, 4, 6, 16, 18, 20, 22}).view({1, 1, 2, 4})),
            0);
  EXPECT_EQ(max_difference(latent_mask_centred(mask, 2) * 32,
                           torch::tensor({9, 11, 13, 15, 25, 27, 29, 31}).view({1, 1, 2, 4})),
            0);
  const torch::Tensor binary = binary_mask(mask);
  EXPECT_EQ(binary.sum().item<double>(), 16);
  EXPECT_EQ(binary.view({-1})[16].item<double>(), 1) << "one half is repainted";
  EXPECT_EQ(masked_image(torch::ones({1, 3, 4, 8}), binary).sum().item<double>(), 48);
}

TEST(SkippedSteps, AreThoseOfTheReference) {
  EXPECT_EQ(skipped_steps(10, 0.6), 4);
  EXPECT_EQ(skipped_steps(10, 0.75), 3);
  EXPECT_EQ(skipped_steps(50, 0.8), 10);
  EXPECT_EQ(skipped_steps(8, 1.0), 0);
  EXPECT_EQ(skipped_steps(10, 0.05), 10);
}

TEST(Denoised, UndoesTheNoiseInEveryParametrisation) {
  at::Generator generator = at::detail::createCPUGenerator(2);
  const torch::Tensor clean = torch::randn({2, 4, 3, 3}, generator, torch::kFloat32);
  const torch::Tensor noise = torch::randn({2, 4, 3, 3}, generator, torch::kFloat32);
  for (const Solver solver : {Solver::kDdim, Solver::kEuler}) {
    SchedulerConfig config;
    config.solver = solver;
    const auto scheduler = make_scheduler(config, 10);
    for (const std::int64_t i : {0, 5, 9}) {
      const torch::Tensor sample = scheduler->add_noise(clean, noise, i);
      EXPECT_LE(max_difference(denoised_latents(*scheduler, Prediction::kEpsilon, sample, noise, i),
                               clean),
                1e-4);
      EXPECT_EQ(max_difference(denoised_latents(*scheduler, Prediction::kSample, sample, clean, i),
                               clean),
                0);
      const torch::Tensor one = torch::ones({1, 1, 1, 1}), zero = torch::zeros({1, 1, 1, 1});
      const double a = scheduler->add_noise(one, zero, i).item<double>();
      const double s = scheduler->add_noise(zero, one, i).item<double>();
      const torch::Tensor velocity = (noise * a - clean * s) / std::hypot(a, s);
      EXPECT_LE(
          max_difference(denoised_latents(*scheduler, Prediction::kVelocity, sample, velocity, i),
                         clean),
          1e-4);
    }
  }
}

// Of several bad steps that are looked at together the first is reported.
TEST(FiniteWatch, NamesTheFirstBadStepOfAnInterval) {
  const torch::Tensor good = torch::ones({1, 4, 2, 2});
  const torch::Tensor bad = torch::full({1, 4, 2, 2}, HUGE_VALF);
  int repeated = -1;
  FiniteWatch watch(4, [&](const torch::Tensor&, std::int64_t call, models::UNetObserver* seen) {
    repeated = static_cast<int>(call);
    seen->on_output("conv_in", good);
    seen->on_output("mid_block", bad);
    seen->on_output("conv_out", bad);
    return bad;
  });
  watch.add(0, 900, good, good, good);
  watch.add(1, 700, good, bad, bad);
  watch.add(2, 500, bad, bad, bad);
  EXPECT_EQ(repeated, -1) << "not looked at yet";
  EXPECT_ERSATZ_ERROR(watch.add(3, 300, bad, bad, bad), core::ExitCode::kNumeric,
                      "step 1 (timestep 700): layer 'mid_block'");
  EXPECT_EQ(repeated, 1);
}

TEST(FiniteWatch, BlamesTheSchedulerForWhatTheNetworkDidNotDo) {
  const torch::Tensor good = torch::ones({1, 4, 2, 2});
  FiniteWatch watch(8, [&](const torch::Tensor&, std::int64_t, models::UNetObserver*) {
    ADD_FAILURE() << "the network's output is finite";
    return good;
  });
  watch.add(0, 900, good, good, good * 1e30);
  watch.finish();
  watch.add(1, 800, good, good, good * std::nanf(""));
  EXPECT_ERSATZ_ERROR(watch.finish(), core::ExitCode::kNumeric,
                      "step 1 (timestep 800): the scheduler's step");
}

SamplingRequest request_of(std::size_t images) {
  SamplingRequest request;
  request.prompts = {"a"};
  request.seeds.assign(images, 1);
  return request;
}

TEST(RequestCheck, AcceptsWhatFits) {
  SamplingRequest request = request_of(2);
  check_request(request, {});
  request.negatives = {"b", "c"};
  request.init = InitImage{torch::zeros({2, 3, 512, 512}), 0.5};
  check_request(request, {});
  request.mask = InpaintMask{torch::zeros({1, 1, 512, 512})};
  check_request(request, {8, 4, 4});
  check_request(request, {8, 4, 9});
}

TEST(RequestCheck, NamesWhatDoesNot) {
  const auto refused = [](SamplingRequest request, const std::string& text, ModelShape shape = {}) {
    EXPECT_ERSATZ_ERROR(check_request(request, shape), core::ExitCode::kUsage, text);
  };
  SamplingRequest request = request_of(3);
  refused(request_of(0), "no images");
  request.prompts = {"a", "b"};
  refused(request, "2 prompts for 3 images");
  request.prompts = {};
  refused(request, "0 prompts for 3 images");
  request = request_of(3);
  request.negatives = {"a", "b"};
  refused(request, "2 negative prompts");
  request = request_of(1);
  request.steps = 0;
  refused(request, "0 steps");
  request = request_of(1);
  request.guidance = std::nan("");
  refused(request, "guidance scale");
  request.guidance = 7;
  request.guidance_rescale = 1.5;
  refused(request, "from 0 to 1");
  request = request_of(1);
  request.width = 500;
  refused(request, "500x512: width and height must be multiples of 8");
  request.width = 0;
  refused(request, "0x512");
  request = request_of(1);
  request.latents = torch::zeros({1, 4, 32, 32});
  refused(request, "[1, 4, 32, 32], not [1, 4, 64, 64]");
  refused(request_of(1), "it only repaints pictures", {8, 4, 9});
  refused(request_of(1), "7 input channels", {8, 4, 7});
}

TEST(RequestCheck, NamesPicturesThatDoNotFit) {
  const auto refused = [](const SamplingRequest& request, const std::string& text,
                          std::int64_t channels = 4) {
    EXPECT_ERSATZ_ERROR(check_request(request, {8, 4, channels}), core::ExitCode::kUsage, text);
  };
  SamplingRequest request = request_of(2);
  request.mask = InpaintMask{torch::zeros({1, 1, 512, 512})};
  refused(request, "needs the picture");
  request.init = InitImage{torch::zeros({1, 3, 512, 512}), 0.5};
  request.mask->mask = torch::zeros({1, 1, 256, 512});
  refused(request, "mask is 512x256, the image to make 512x512");
  request.mask->mask = torch::zeros({1, 3, 512, 512});
  refused(request, "[1 or 2, 1, H, W]");
  request.mask = InpaintMask{torch::zeros({1, 1, 512, 512}), InpaintMode::kLegacy};
  refused(request, "without mask channels", 9);
  request.mask.reset();
  request.init->image = torch::zeros({3, 3, 512, 512});
  refused(request, "[1 or 2, 3, H, W]");
  request.init->image = torch::zeros({2, 3, 512, 512}, torch::kUInt8);
  refused(request, "floating-point");
  request.init = InitImage{torch::zeros({1, 3, 512, 512}), 0};
  refused(request, "strength 0");
  request.init->strength = 1.01;
  refused(request, "strength 1.01");
  request.init->strength = 0.01;
  refused(request, "leaves none");
}

}  // namespace
}  // namespace ersatz::generate
