// Peak memory of making a picture: that of the largest network, not of all of them.
#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <algorithm>
#include <utility>

#include "generate/diffusion/pipeline.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "support/process_memory.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

constexpr std::int64_t kMega = std::int64_t{1} << 20;

std::int64_t bytes_of(const torch::nn::Module& network) {
  std::int64_t bytes = 0;
  for (const torch::Tensor& parameter : network.parameters()) {
    bytes += static_cast<std::int64_t>(parameter.nbytes());
  }
  return bytes;
}

// A tiny model, whose networks are each made heavy where it costs no time.
void write_heavy_model(const std::filesystem::path& folder, std::int64_t& largest,
                       std::int64_t& all) {
  models::StableDiffusion model = models::random_stable_diffusion("tiny", 1);
  models::ClipTextConfig text = model.text_encoder->config();
  text.layers = 40;
  text.intermediate = 8000;
  model.text_encoder = std::make_shared<models::ClipText>(text);
  models::randomise(*model.text_encoder, 1, "text");
  models::UNetConfig unet = model.unet->config();
  unet.block_channels.back() = 512;
  unet.heads.back() = 8;
  model.unet = std::make_shared<models::UNet>(unet);
  models::randomise(*model.unet, 1, "unet");
  models::AutoencoderConfig autoencoder = model.autoencoder->config();
  autoencoder.block_channels.back() = 384;
  model.autoencoder = std::make_shared<models::Autoencoder>(autoencoder);
  models::randomise(*model.autoencoder, 1, "vae");
  const std::int64_t sizes[] = {bytes_of(*model.text_encoder), bytes_of(*model.unet),
                                bytes_of(*model.autoencoder)};
  largest = std::max({sizes[0], sizes[1], sizes[2]});
  all = sizes[0] + sizes[1] + sizes[2];
  models::SaveOptions save;
  save.byte_tokenizer = true;
  models::save_stable_diffusion(model, folder, save);
}

TEST(PipelineMemory, OneNetworkAtATime) {
  const test::TemporaryFolder folder;
  std::int64_t largest = 0, all = 0;
  write_heavy_model(folder / "model", largest, all);
  ASSERT_GT(all - largest, 100 * kMega) << "the networks are too small to tell them apart";

  SamplingRequest request;
  request.prompts = {"a cat"};
  request.seeds = {1};
  request.width = request.height = 64;
  request.steps = 2;
  SamplingResult first;
  for (const auto& [weights, share] :
       {std::pair{torch::kFloat32, 1.0}, std::pair{torch::kFloat16, 0.5}}) {
    models::LoadOptions options;
    options.weights_type = weights;
    options.on_demand = true;
    const std::int64_t start = test::resident_bytes();
    test::reset_peak_resident();
    models::StableDiffusion model = models::load_stable_diffusion(folder / "model", options);
    const PromptEncoder encoder(model.text_encoder, ClipTokenizer::load(model.tokenizer));
    request.scheduler = parse_scheduler_config(model.scheduler, "scheduler");
    first = sample(model, encoder, request);
    const auto most = static_cast<std::int64_t>(share * static_cast<double>(largest));
    EXPECT_LT(test::peak_resident_bytes() - start, most + 48 * kMega) << weights;
    EXPECT_LT(test::resident_bytes() - start, 40 * kMega) << weights;
    // Another picture needs no more, and is the same picture.
    const SamplingResult again = sample(model, encoder, request);
    EXPECT_LT(test::peak_resident_bytes() - start, most + 48 * kMega) << weights;
    EXPECT_TRUE(torch::equal(again.images, first.images));
  }
}

}  // namespace
}  // namespace ersatz::generate
