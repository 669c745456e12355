// The four models of shared/fixtures/models, loaded from their folders and from single files made
// of them, against golden outputs of diffusers 0.21.4.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "models/diffusion/model_files.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

void expect_golden(const StableDiffusion& model, const std::filesystem::path& components) {
  const torch::NoGradGuard no_grad;
  const NamedTensors text = load_safetensors(components / "text_encoder.safetensors").tensors;
  EXPECT_LT(test::max_difference(model.text_encoder->forward(text.at("input_ids")).last_hidden,
                                 text.at("last_hidden_state")),
            1e-5);
  const NamedTensors unet = load_safetensors(components / "unet.safetensors").tensors;
  int outputs = 0;
  for (const auto& [name, golden] : unet) {
    const std::string prefix = "sq16.out.t";
    if (name.compare(0, prefix.size(), prefix) != 0 || name.find('_') != std::string::npos) {
      continue;
    }
    const torch::Tensor times = torch::full({1}, std::stof(name.substr(prefix.size())));
    const torch::Tensor output =
        model.unet->forward(unet.at("sq16.sample"), times, unet.at("sq16.encoder_hidden_states"));
    EXPECT_LT(test::max_difference(output, golden), 1e-4) << name;
    ++outputs;
  }
  EXPECT_GT(outputs, 0);
  const NamedTensors vae = load_safetensors(components / "vae.safetensors").tensors;
  EXPECT_LT(test::max_difference(model.autoencoder->decode(vae.at("sq.latent_unscaled")),
                                 vae.at("sq.decoded")),
            1e-4);
}

TEST(FixtureModels, FolderAndSingleFileGiveTheGoldenOutputs) {
  ERSATZ_REQUIRE_SHARED(models, "fixtures/models");
  ERSATZ_REQUIRE_SHARED(components, "fixtures/components");
  for (const std::string name : {"tiny", "sd15mini", "sd2mini", "inpaint9"}) {
    SCOPED_TRACE(name);
    const StableDiffusion model = load_stable_diffusion(models / name);
    EXPECT_EQ(model.tokenizer, models / name / "tokenizer");
    expect_golden(model, components / name);
    const test::TemporaryFolder folder;
    convert_stable_diffusion(models / name, folder / "one.safetensors", ModelLayout::kSingleFile);
    LoadOptions options;
    options.configuration = models / name;
    const StableDiffusion single = load_stable_diffusion(folder / "one.safetensors", options);
    test::expect_same_networks(model, single);
    EXPECT_EQ(single.scheduler, model.scheduler);
    expect_golden(single, components / name);
  }
}

}  // namespace
}  // namespace ersatz::models
