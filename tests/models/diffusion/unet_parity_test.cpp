// The UNet against diffusers' numbers: issue tolerance 1e-4 (maximum absolute difference).
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/fused_layers.h"
#include "models/diffusion/network_fixture.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

constexpr double kTolerance = 1e-4;

class Recorder : public UNetObserver {
 public:
  void on_output(const std::string& name, const torch::Tensor& output) override {
    outputs[name] = output.clone();
  }
  NamedTensors outputs;
};

class UNetParity : public testing::TestWithParam<const char*> {
 protected:
  const torch::NoGradGuard no_grad_;
};

// Golden tensors are named "<case>.out.t<timestep>"; "t17_803" is one timestep per sample.
torch::Tensor timesteps_of(const std::string& name) {
  if (name == "ctx5") return torch::tensor({77.0});
  std::vector<double> values;
  std::string text = name.substr(1);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('_', begin), text.size());
    values.push_back(std::stod(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return torch::tensor(values);
}

TEST_P(UNetParity, OutputsEqualThoseOfDiffusers) {
  ERSATZ_REQUIRE_SHARED(shared, "fixtures");
  const auto unet = load_unet(shared / "models" / GetParam());
  const NamedTensors golden =
      load_safetensors(shared / "components" / GetParam() / "unet.safetensors").tensors;
  int compared = 0;
  for (const auto& [name, expected] : golden) {
    const std::size_t at = name.find(".out.");
    if (at == std::string::npos) continue;
    const std::string which = name.substr(0, at), variant = name.substr(at + 5);
    torch::Tensor context = golden.at(which + ".encoder_hidden_states");
    if (variant == "ctx5") context = context.slice(1, 0, 5);
    const torch::Tensor ours =
        unet->forward(golden.at(which + ".sample"), timesteps_of(variant), context);
    EXPECT_LE(largest_difference(ours, expected), kTolerance) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 11);
}

TEST_P(UNetParity, ActivationsEqualThoseOfDiffusers) {
  ERSATZ_REQUIRE_SHARED(shared, "fixtures");
  const auto unet = load_unet(shared / "models" / GetParam());
  const NamedTensors golden =
      load_safetensors(shared / "components" / GetParam() / "unet.safetensors").tensors;
  Recorder recorder;
  unet->forward(golden.at("sq16.sample").slice(0, 0, 1), torch::tensor({500.0}),
                golden.at("sq16.encoder_hidden_states").slice(0, 0, 1), &recorder);
  // Fused with its SiLU in our network: computed here from the activation before it.
  const auto parameters = unet->named_parameters();
  const auto& config = unet->config();
  recorder.outputs["conv_norm_out"] = compute::group_norm(
      recorder.outputs.at(fmt::format("up_blocks.{}", config.block_channels.size() - 1)),
      config.norm_groups, parameters["conv_norm_out.weight"], parameters["conv_norm_out.bias"],
      config.norm_epsilon);
  const std::string prefix = "act.t500.b0.";
  int compared = 0;
  for (const auto& [name, expected] : golden) {
    if (name.rfind(prefix, 0) != 0) continue;
    const std::string part = name.substr(prefix.size());
    // Parts inside a residual block or a transformer are fused and have no output of their own.
    const auto found = recorder.outputs.find(part);
    if (found == recorder.outputs.end()) {
      EXPECT_EQ(part.rfind("mid_block.", 0), 0U) << part << " was not reported";
      continue;
    }
    EXPECT_LE(largest_difference(found->second, expected), kTolerance) << name;
    ++compared;
  }
  EXPECT_GE(compared, 10);
}

INSTANTIATE_TEST_SUITE_P(Models, UNetParity,
                         testing::Values("tiny", "sd15mini", "sd2mini", "inpaint9"),
                         [](const auto& test) { return std::string(test.param); });

// The same without the shared folder: weights made again by their recipe.
TEST(UNet, EqualsDiffusersOnTheCommittedFixture) {
  const torch::NoGradGuard no_grad;
  const std::filesystem::path folder = test::fixture("diffusion_networks");
  for (const auto& [model, seed] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"sd15mini", 202}, {"sd2mini", 302}}) {
    const std::filesystem::path file = folder / (model + "_unet_config.json");
    const NamedTensors golden = load_safetensors(folder / (model + ".safetensors")).tensors;
    UNet unet(parse_unet_config(core::read_json(file), file));
    fill_by_recipe(unet, seed, golden, "unet.");
    for (const char* which : {"odd20x12", "sq16"}) {
      const std::string name = which;
      const torch::Tensor times =
          name == "sq16" ? torch::tensor({17.0, 803.0}) : torch::tensor({321.0});
      const torch::Tensor ours = unet.forward(golden.at(name + ".sample"), times,
                                              golden.at(name + ".encoder_hidden_states"));
      EXPECT_LE(largest_difference(ours, golden.at(name + ".out")), kTolerance) << model << name;
    }
  }
}

}  // namespace
}  // namespace ersatz::models
