// Pictures of mini-SD from a GPU are those of the CPU.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>

#include "core/project.h"
#include "cuda/cuda_fixture.h"
#include "generate/diffusion/pipeline.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;

class CudaSampling : public test::Cuda {};

SamplingResult pictures(const c10::Device& device, c10::ScalarType type,
                        const std::vector<std::uint64_t>& seeds) {
  const fs::path folder = core::Project::get().assets() / "mini-sd";
  models::LoadOptions options;
  options.device = device;
  options.compute_type = type;
  models::StableDiffusion model = models::load_stable_diffusion(folder, options);
  const PromptEncoder encoder(model.text_encoder, ClipTokenizer::load(model.tokenizer));
  SamplingRequest request;
  request.prompts = {"a photo of whole oranges on the table. top view"};
  request.seeds = seeds;
  request.width = request.height = 128;
  request.steps = 10;
  request.scheduler = parse_scheduler_config(model.scheduler, "scheduler");
  return sample(model, encoder, request);
}

TEST_F(CudaSampling, EqualsTheCpu) {
  const SamplingResult expected = pictures(torch::kCPU, torch::kFloat32, {3, 4});
  const SamplingResult found = pictures(device_, torch::kFloat32, {3, 4});
  EXPECT_LT(test::relative_difference(found.latents, expected.latents), 1e-3);
  EXPECT_LT((found.images - expected.images).abs().mean().item<double>(), 1e-3) << "of 2";
}

TEST_F(CudaSampling, HalfPrecisionIsClose) {
  const SamplingResult expected = pictures(torch::kCPU, torch::kFloat32, {3, 4});
  const SamplingResult found = pictures(device_, torch::kFloat16, {3, 4});
  EXPECT_LT((found.images - expected.images).abs().mean().item<double>(), 0.05) << "of 2";
}

TEST_F(CudaSampling, APictureDoesNotDependOnItsBatch) {
  const SamplingResult together = pictures(device_, torch::kFloat32, {3, 4, 5});
  const SamplingResult alone = pictures(device_, torch::kFloat32, {4});
  EXPECT_LT(test::relative_difference(alone.latents[0], together.latents[1]), 1e-3);
}

}  // namespace
}  // namespace ersatz::generate
