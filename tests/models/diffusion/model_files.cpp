#include "models/diffusion/model_files.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/module_state.h"

namespace ersatz::test {

using models::NamedTensors;

void write_random_model(const std::filesystem::path& folder, const std::string& architecture,
                        std::uint64_t seed) {
  models::SaveOptions options;
  options.byte_tokenizer = true;
  save_stable_diffusion(models::random_stable_diffusion(architecture, seed), folder, options);
}

void edit_weights(const std::filesystem::path& file,
                  const std::function<void(NamedTensors&)>& change) {
  models::Safetensors content = models::load_safetensors(file);
  change(content.tensors);
  models::save_safetensors(file, content.tensors, content.metadata);
}

void edit_json(const std::filesystem::path& file, const std::function<void(core::Json&)>& change) {
  core::Json value = core::read_json(file);
  change(value);
  core::write_json(file, value);
}

void rename_key(NamedTensors& tensors, const std::string& from, const std::string& to) {
  auto node = tensors.extract(from);
  ASSERT_FALSE(node.empty()) << from;
  node.key() = to;
  tensors.insert(std::move(node));
}

void expect_same_parameters(const torch::nn::Module& left, const torch::nn::Module& right) {
  const NamedTensors a = models::module_state(left), b = models::module_state(right);
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_EQ(b.count(name), 1U) << name;
    ASSERT_EQ(tensor.scalar_type(), b.at(name).scalar_type()) << name;
    ASSERT_TRUE(torch::equal(tensor, b.at(name))) << name;
  }
}

void expect_same_networks(const models::StableDiffusion& left,
                          const models::StableDiffusion& right) {
  expect_same_parameters(*left.text_encoder, *right.text_encoder);
  expect_same_parameters(*left.unet, *right.unet);
  expect_same_parameters(*left.autoencoder, *right.autoencoder);
}

double max_difference(const torch::Tensor& a, const torch::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

}  // namespace ersatz::test
