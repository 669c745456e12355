#include "models/diffusion/lora_layers.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

#include "compute/torch_shim.h"
#include "models/diffusion/model_files.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/save_lora.h"
#include "models/diffusion/trainable.h"
#include "models/module_state.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

constexpr const char* kQuery = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q";

// Linear layers of every kind: attention, 1x1 kernels, the gated layer, what follows it.
LoraSettings everywhere() {
  LoraSettings settings;
  settings.rank = 3;
  settings.alpha = 6;
  for (const char* name : {"proj_in", "ff.net.0.proj", "ff.net.2", "time_emb_proj"}) {
    settings.unet_targets.emplace_back(name);
  }
  settings.text_targets.insert(settings.text_targets.end(), {"fc1", "fc2"});
  return settings;
}

struct Answer {
  torch::Tensor context, noise;
};

class LoraLayersTest : public ::testing::Test {
 protected:
  Answer answer() {
    const torch::Tensor ids = torch::arange(2 * 77).view({2, 77}) % 50;
    Answer result;
    result.context = model_.text_encoder->forward(ids).last_hidden;
    result.noise = model_.unet->forward(sample_, torch::tensor({3.0F, 700.0F}), result.context);
    return result;
  }

  // As after some training.
  static void shake(const LoraLayers& layers) {
    const torch::NoGradGuard no_grad;
    torch::manual_seed(4);
    for (auto& [name, factor] : layers.parameters()) factor.copy_(0.1 * torch::randn_like(factor));
  }

  StableDiffusion model_ = random_stable_diffusion("mini", 1);
  torch::Tensor sample_ = (torch::manual_seed(2), torch::randn({2, 4, 8, 8}));
};

double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

TEST_F(LoraLayersTest, BeginWithoutChangingAnything) {
  const torch::NoGradGuard no_grad;
  const Answer before = answer();
  const LoraLayers layers(model_, {}, true, 1);
  const Answer with = answer();
  EXPECT_TRUE(torch::equal(with.context, before.context));
  EXPECT_TRUE(torch::equal(with.noise, before.noise));
}

TEST_F(LoraLayersTest, ComputeWhatMergedWeightsDoAndLeaveNothingBehind) {
  const torch::NoGradGuard no_grad;
  const Answer before = answer();
  const NamedTensors weights = module_state(*model_.unet);
  Answer beside;
  std::vector<LoraFactor> factors;
  {
    const LoraLayers layers(model_, everywhere(), true, 1);
    shake(layers);
    beside = answer();
    factors = layers.factors();
  }
  EXPECT_TRUE(torch::equal(answer().noise, before.noise));
  for (const auto& [name, weight] : module_state(*model_.unet)) {
    EXPECT_TRUE(torch::equal(weight, weights.at(name))) << name;
  }
  LoraMerge merge(model_, factors, 1);
  const Answer merged = answer();
  EXPECT_LE(relative_difference(beside.context, merged.context), 1e-5);
  EXPECT_LE(relative_difference(beside.noise, merged.noise), 1e-5);
  EXPECT_GT(relative_difference(merged.noise, before.noise), 1e-2);
  EXPECT_GT(relative_difference(merged.context, before.context), 1e-2);
}

TEST_F(LoraLayersTest, GradientsAreThoseOfTheMergedWeight) {
  const LoraSettings settings = everywhere();
  // Not the queries of mid_block, where one token attends to itself whatever they are.
  for (const char* module : {"down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q",
                             "down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj",
                             "down_blocks.0.attentions.0.proj_in",
                             "mid_block.attentions.0.transformer_blocks.0.attn2.to_v"}) {
    SCOPED_TRACE(module);
    torch::Tensor down, up, down_gradient, up_gradient;
    std::vector<LoraFactor> factors;
    {
      const LoraLayers layers(model_, settings, false, 1);
      shake(layers);
      const NamedTensors all = layers.parameters();
      down = all.at(std::string("unet/") + module + "/down");
      up = all.at(std::string("unet/") + module + "/up");
      const auto gradients = torch::autograd::grad({answer().noise.square().sum()}, {down, up});
      down_gradient = gradients[0];
      up_gradient = gradients[1];
      factors = layers.factors();
    }
    LoraMerge merge(model_, factors, 1);
    torch::Tensor weight;
    compute::for_each_parameter(*model_.unet, [&](const std::string& name, torch::Tensor one) {
      if (name == std::string(module) + ".weight") weight = one.set_requires_grad(true);
    });
    const torch::Tensor whole =
        torch::autograd::grad({answer().noise.square().sum()}, {weight}).at(0).flatten(1);
    weight.set_requires_grad(false);
    merge.unmerge();
    const torch::NoGradGuard no_grad;
    EXPECT_LE(relative_difference(up_gradient, settings.scale() * whole.matmul(down.t())), 1e-4);
    EXPECT_LE(relative_difference(down_gradient, settings.scale() * up.t().matmul(whole)), 1e-4);
  }
}

TEST_F(LoraLayersTest, FactorsBeginAsPeftsDo) {
  LoraSettings settings;
  settings.rank = 64;
  const auto down_of = [&](std::uint64_t seed) {
    const LoraLayers layers(model_, settings, false, seed);
    std::int64_t looked_at = 0;
    for (const auto& [name, factor] : layers.parameters()) {
      if (name.substr(name.size() - 3) != "/up") continue;
      EXPECT_EQ(factor.abs().max().item<double>(), 0) << name;
      ++looked_at;
    }
    EXPECT_GT(looked_at, 8);
    return layers.parameters().at(std::string("unet/") + kQuery + "/down").detach();
  };
  const torch::Tensor kaiming = down_of(1);
  const double bound = 1 / std::sqrt(static_cast<double>(kaiming.size(1)));
  EXPECT_LE(kaiming.abs().max().item<double>(), bound);
  EXPECT_NEAR(kaiming.std().item<double>(), bound / std::sqrt(3.0), 0.05 * bound);
  EXPECT_TRUE(torch::equal(kaiming, down_of(1)));
  EXPECT_FALSE(torch::equal(kaiming, down_of(2)));
  settings.init = LoraInit::kGaussian;
  EXPECT_NEAR(down_of(1).std().item<double>(), 1.0 / 64, 0.1 / 64);
  settings.unet_targets = {"to_q"};  // what else is adapted makes no difference
  settings.init = LoraInit::kKaiming;
  EXPECT_TRUE(torch::equal(kaiming, down_of(1)));
}

TEST_F(LoraLayersTest, MistakesAreNamed) {
  const auto refused = [&](const LoraSettings& settings, const char* text) {
    EXPECT_ERSATZ_ERROR(LoraLayers(model_, settings, true, 1), ExitCode::kUsage, text);
  };
  LoraSettings settings;
  settings.rank = 0;
  refused(settings, "rank 0");
  settings = {};
  settings.alpha = -1;
  refused(settings, "alpha");
  settings = {};
  settings.unet_targets = {};
  refused(settings, "needs layers");
  settings.unet_targets = {"to_k", "to_qq"};
  refused(settings, "did you mean 'to_q'?");
  settings.unet_targets = {"conv1"};  // no linear layer
  refused(settings, "conv1");
  settings = {};
  settings.text_targets = {"q_prj"};
  refused(settings, "did you mean 'q_proj'?");
  // Nothing of the refused ones has stayed.
  const torch::NoGradGuard no_grad;
  const Answer before = answer();
  { const LoraLayers layers(model_, {}, true, 1); }
  EXPECT_TRUE(torch::equal(answer().noise, before.noise));
}

TEST_F(LoraLayersTest, ASavedFileHasDiffusersNamesAndMeansTheSame) {
  const test::TemporaryFolder folder;
  std::vector<LoraFactor> factors;
  {
    const LoraLayers layers(model_, everywhere(), true, 1);
    shake(layers);
    factors = layers.factors();
  }
  save_lora(folder / kLoraWeights, factors, {{"steps", "5"}});
  const Safetensors file = load_safetensors(folder / kLoraWeights);
  EXPECT_EQ(file.metadata.at("steps"), "5");
  for (const char* name :
       {"unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora.down.weight",
        "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0.lora.up.weight",
        "unet.mid_block.attentions.0.transformer_blocks.0.ff.net.2.lora_A.weight",
        "unet.mid_block.attentions.0.proj_in.lora_B.weight",
        "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.down.weight",
        "text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_B.weight"}) {
    EXPECT_EQ(file.tensors.count(name), 1U) << name;
  }
  const std::vector<LoraFactor> loaded = load_lora(folder / kLoraWeights, model_);
  ASSERT_EQ(loaded.size(), factors.size());
  const torch::NoGradGuard no_grad;
  Answer own, read;
  {
    LoraMerge merge(model_, factors, 1);
    own = answer();
    merge.unmerge();
  }
  LoraMerge merge(model_, loaded, 1);
  read = answer();
  EXPECT_LE(relative_difference(read.noise, own.noise), 1e-5);
  EXPECT_LE(relative_difference(read.context, own.context), 1e-5);

  factors.front().up.fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_ERSATZ_ERROR(save_lora(folder / "nan.safetensors", factors), ExitCode::kNumeric,
                      factors.front().module.c_str());
}

TEST_F(LoraLayersTest, WeightsOfAFileGetMemoryOfTheirOwn) {
  const test::TemporaryFolder folder;
  test::write_random_model(folder / "model", "mini");
  LoadOptions options;
  options.weights_type = torch::kFloat16;
  options.on_demand = true;
  for (const LoadOptions& load : {LoadOptions(), options}) {
    StableDiffusion model = load_stable_diffusion(folder / "model", load);
    model.unet->bring_in();
    const NamedTensors before = module_state(*model.unet);
    own_float_weights(*model.unet);
    model.unet->set_aside();
    model.unet->bring_in();
    for (const auto& [name, weight] : module_state(*model.unet)) {
      EXPECT_EQ(weight.scalar_type(), torch::kFloat32) << name;
      EXPECT_TRUE(torch::equal(weight, before.at(name).to(torch::kFloat32))) << name;
    }
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : model.unet->parameters()) parameter.add_(1);
  }
}

}  // namespace
}  // namespace ersatz::models
