// Whole runs against recorded runs of the reference implementation.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "generate/diffusion/decode.h"
#include "generate/diffusion/trajectory_fixture.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

// Solvers that the reference has and we do not promise.
const std::set<std::string> kOptional = {"DEISMultistepScheduler", "DPMSolverSinglestepScheduler",
                                         "KDPM2DiscreteScheduler",
                                         "KDPM2AncestralDiscreteScheduler"};

bool is_optional(const core::Json& record) {
  return kOptional.count(record.at("scheduler_class").get<std::string>()) != 0 ||
         record.at("scheduler_config").value("algorithm_type", "") == "sde-dpmsolver++";
}

struct Worst {
  double step = 0, latents = 0;
  std::int64_t pixels = 0;
};

Worst replay(test::LoadedModel& loaded, const test::Trajectory& trajectory,
             SamplingRequest request) {
  Worst worst;
  const torch::Tensor expected = trajectory.at("prev_sample");
  request.on_step = [&](const SamplingStep& step) {
    EXPECT_EQ(step.total, expected.size(0));
    EXPECT_NEAR(step.timestep, trajectory.at("timesteps")[step.index].item<double>(), 1e-3);
    worst.step = std::max(worst.step, test::max_difference(step.stepped, expected[step.index]));
    if (step.index == 0) {
      EXPECT_LE(test::max_difference(step.before, trajectory.at("sample0")), 1e-4);
    }
  };
  const SamplingResult result = sample(loaded.model, loaded.encoder, request);
  worst.latents = test::max_difference(result.latents, trajectory.at("final_latents"));
  if (!trajectory.has("image_u8")) return worst;
  const torch::Tensor pixels = ((result.images / 2 + 0.5) * 255).round().permute({0, 2, 3, 1});
  const torch::Tensor levels = (pixels - trajectory.at("image_u8").to(torch::kFloat32)).abs();
  worst.pixels = levels.gt(0).sum().item<std::int64_t>();
  EXPECT_LE(levels.max().item<double>(), 1);
  return worst;
}

std::int64_t images_of(const SamplingRequest& request) {
  return static_cast<std::int64_t>(request.seeds.size());
}

// Every recorded run of `model` whose name begins with `mode`.
void replay_all(const std::filesystem::path& fixtures, const std::string& model,
                const std::string& mode, int at_least) {
  test::LoadedModel loaded(fixtures / "models" / model);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(fixtures / "trajectories" / model)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".json" && name.rfind(mode + "_", 0) == 0) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  int done = 0;
  for (std::filesystem::path stem : files) {
    stem.replace_extension();
    SCOPED_TRACE(stem.string());
    const test::Trajectory trajectory(stem);
    SamplingRequest request;
    try {
      request = trajectory.request();
    } catch (const core::Error& error) {
      EXPECT_TRUE(is_optional(trajectory.record)) << error.what();
      continue;
    }
    const Worst worst = replay(loaded, trajectory, request);
    std::cout << fmt::format("{:40} step {:.1e}  final {:.1e}  pixels off by one {}\n",
                             model + "/" + stem.filename().string(), worst.step, worst.latents,
                             worst.pixels);
    EXPECT_LE(worst.latents, 1e-3);
    EXPECT_LE(worst.step, 1e-3);
    EXPECT_LE(worst.pixels * 1000, 3 * request.width * request.height * images_of(request));
    ++done;
  }
  EXPECT_GE(done, at_least);
}

TEST(Trajectory, TinyTextToImage) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "tiny", "txt2img", 18);
}

TEST(Trajectory, TinyImageToImage) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "tiny", "img2img", 5);
}

TEST(Trajectory, TinyInpainting) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "tiny", "inpaint4", 7);
}

TEST(Trajectory, TinyLegacyInpainting) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "tiny", "inpaint_legacy", 2);
}

TEST(Trajectory, StableDiffusion1TextToImage) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "sd15mini", "txt2img", 11);
}

TEST(Trajectory, StableDiffusion1ImageToImage) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "sd15mini", "img2img", 7);
}

TEST(Trajectory, StableDiffusion1Inpainting) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "sd15mini", "inpaint4", 5);
}

TEST(Trajectory, StableDiffusion1LegacyInpainting) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "sd15mini", "inpaint_legacy", 2);
}

TEST(Trajectory, StableDiffusion2TextToImage) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "sd2mini", "txt2img", 16);
}

TEST(Trajectory, StableDiffusion2ImageToImage) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "sd2mini", "img2img", 9);
}

TEST(Trajectory, NineChannelInpainting) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  replay_all(fixtures, "inpaint9", "inpaint9", 8);
}

// The recorded run drew everything from one generator with seed 7, as a batch of one does here.
TEST(Trajectory, SeedsDrawWhatTheReferenceDraws) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  test::LoadedModel inpaint9(fixtures / "models/inpaint9");
  test::LoadedModel sd2(fixtures / "models/sd2mini");
  const auto run = [&](test::LoadedModel& loaded, const std::string& name) {
    SCOPED_TRACE(name);
    const test::Trajectory trajectory(fixtures / "trajectories" / name);
    SamplingRequest request = trajectory.request();
    ASSERT_FALSE(request.noise.empty());
    ASSERT_FALSE(request.latents.has_value());
    request.noise.clear();
    EXPECT_LE(replay(loaded, trajectory, request).latents, 1e-3);
  };
  run(inpaint9, "inpaint9/inpaint9_euler_a_s06");
  run(inpaint9, "inpaint9/inpaint9_dpmpp_2m_s06");
  run(sd2, "sd2mini/img2img_ddpm");
  run(sd2, "sd2mini/img2img_euler_a");
}

TEST(Trajectory, DecodedPicturesAreTheReferences) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  test::LoadedModel loaded(fixtures / "models/sd15mini");
  const test::Trajectory trajectory(fixtures / "trajectories/sd15mini/txt2img_ddim");
  const torch::Tensor decoded =
      decode_latents(*loaded.model.autoencoder, trajectory.at("final_latents"));
  EXPECT_LE(test::max_difference(decoded, trajectory.at("decoded").clamp(-1, 1)), 1e-4);
}

}  // namespace
}  // namespace ersatz::generate
