#include "models/diffusion/clip_text.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "models/diffusion/network_fixture.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

constexpr double kTolerance = 1e-5;  // of the issue; transformers' own float32 error is 1.5e-6

class ClipTextParity : public testing::TestWithParam<const char*> {
 protected:
  const torch::NoGradGuard no_grad_;
};

TEST_P(ClipTextParity, OutputsEqualThoseOfTransformers) {
  ERSATZ_REQUIRE_SHARED(shared, "fixtures");
  const auto encoder = load_clip_text(shared / "models" / GetParam());
  const NamedTensors golden =
      load_safetensors(shared / "components" / GetParam() / "text_encoder.safetensors").tensors;
  const torch::Tensor& ids = golden.at("input_ids");
  const ClipTextOutput output = encoder->forward(ids);
  EXPECT_LE(largest_difference(output.last_hidden, golden.at("last_hidden_state")), kTolerance);
  EXPECT_LE(largest_difference(output.pooled, golden.at("pooler_output")), kTolerance);
  EXPECT_LE(largest_difference(encoder->forward(ids, 1).last_hidden, golden.at("clip_skip_1")),
            kTolerance);
  EXPECT_LE(largest_difference(encoder->forward(golden.at("short_input_ids")).last_hidden,
                               golden.at("short_last_hidden_state")),
            kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Models, ClipTextParity,
                         testing::Values("tiny", "sd15mini", "sd2mini", "inpaint9"),
                         [](const auto& test) { return std::string(test.param); });

TEST(ClipText, EqualsTransformersOnTheCommittedFixture) {
  const torch::NoGradGuard no_grad;
  const std::filesystem::path folder = test::fixture("diffusion_networks");
  for (const auto& [model, seed] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"sd15mini", 201}, {"sd2mini", 301}}) {
    const std::filesystem::path file = folder / (model + "_text_encoder_config.json");
    const NamedTensors golden = load_safetensors(folder / (model + ".safetensors")).tensors;
    ClipText encoder(parse_clip_text_config(core::read_json(file), file));
    fill_by_recipe(encoder, seed, golden, "text_encoder.");
    const ClipTextOutput output = encoder.forward(golden.at("text.input_ids"));
    EXPECT_LE(largest_difference(output.last_hidden, golden.at("text.last_hidden_state")),
              kTolerance);
    EXPECT_LE(largest_difference(output.pooled, golden.at("text.pooler_output")), kTolerance);
  }
}

ClipTextConfig small() {
  ClipTextConfig config;
  config.vocabulary = 50;
  config.hidden = 16;
  config.intermediate = 24;
  config.layers = 2;
  config.heads = 2;
  config.positions = 9;
  return config;
}

TEST(ClipText, NamesOfParametersAreThoseOfTransformers) {
  const ClipText encoder{ClipTextConfig{}};
  const auto parameters = encoder.named_parameters();
  EXPECT_EQ(parameters.size(), 196U);
  for (const char* name :
       {"text_model.embeddings.token_embedding.weight",
        "text_model.embeddings.position_embedding.weight",
        "text_model.encoder.layers.11.self_attn.out_proj.bias",
        "text_model.encoder.layers.0.layer_norm1.weight",
        "text_model.encoder.layers.3.mlp.fc1.weight", "text_model.final_layer_norm.bias"}) {
    EXPECT_TRUE(parameters.contains(name)) << name;
  }
  std::int64_t count = 0;
  for (const auto& parameter : parameters) count += parameter.value().numel();
  EXPECT_EQ(count, 123'060'480) << "the published size of CLIP ViT-L/14's text encoder";
}

TEST(ClipText, WordsSeeOnlyWordsBeforeThem) {
  const torch::NoGradGuard no_grad;
  ClipText encoder(small());
  fill_by_recipe(encoder, 1, {}, "");
  const torch::Tensor ids = torch::tensor({{48, 3, 7, 2, 49}}, torch::kInt64);
  torch::Tensor other = ids.clone();
  other[0][3] = 11;
  const torch::Tensor a = encoder.forward(ids).last_hidden, b = encoder.forward(other).last_hidden;
  EXPECT_TRUE(torch::equal(a.slice(1, 0, 3), b.slice(1, 0, 3)));
  EXPECT_GT(largest_difference(a.slice(1, 3, 5), b.slice(1, 3, 5)), 1e-3);
}

TEST(ClipText, HiddenWordsAreNotSeenByOthers) {
  const torch::NoGradGuard no_grad;
  ClipText encoder(small());
  fill_by_recipe(encoder, 1, {}, "");
  const torch::Tensor ids = torch::tensor({{48, 3, 7, 2, 49}}, torch::kInt64);
  torch::Tensor other = ids.clone();
  other[0][2] = 11;
  const torch::Tensor seen = torch::tensor({{1, 1, 0, 1, 1}}).to(torch::kBool);
  const auto hidden = [&](const torch::Tensor& words, const torch::Tensor& mask) {
    return encoder.forward_embeddings(encoder.embed(words), words, 0, mask).last_hidden;
  };
  const torch::Tensor a = hidden(ids, seen), b = hidden(other, seen);
  EXPECT_TRUE(torch::equal(a.slice(1, 3, 5), b.slice(1, 3, 5)));
  EXPECT_GT(largest_difference(a.slice(1, 2, 3), b.slice(1, 2, 3)), 1e-3);
  EXPECT_GT(largest_difference(a, encoder.forward(ids).last_hidden), 1e-3);
  EXPECT_LE(largest_difference(hidden(ids, torch::ones_like(seen)), hidden(ids, {})), 1e-6);
}

TEST(ClipText, PooledIsTheFirstLargestId) {
  const torch::NoGradGuard no_grad;
  ClipText encoder(small());
  fill_by_recipe(encoder, 1, {}, "");
  const torch::Tensor ids = torch::tensor({{48, 3, 49, 49, 49}, {48, 1, 2, 3, 49}}, torch::kInt64);
  const ClipTextOutput output = encoder.forward(ids);
  EXPECT_TRUE(torch::equal(output.pooled[0], output.last_hidden[0][2]));
  EXPECT_TRUE(torch::equal(output.pooled[1], output.last_hidden[1][4]));
}

TEST(ClipText, GradientsReachInjectedEmbeddings) {
  ClipText encoder(small());
  fill_by_recipe(encoder, 1, {}, "");
  encoder.to(torch::kFloat64);
  const torch::Tensor ids = torch::tensor({{48, 3, 7, 49}}, torch::kInt64);
  torch::Tensor vectors = encoder.embed(ids).detach().clone().set_requires_grad(true);
  const torch::Tensor weights = torch::randn({1, 4, 16}, torch::kFloat64);
  const auto loss = [&] {
    return (encoder.forward_embeddings(vectors, ids).last_hidden * weights).sum();
  };
  loss().backward();
  const torch::Tensor direction = torch::randn(vectors.sizes(), torch::kFloat64);
  const double analytic = (vectors.grad() * direction).sum().item<double>();
  const torch::NoGradGuard no_grad;
  vectors.add_(direction, 1e-6);
  const double above = loss().item<double>();
  vectors.sub_(direction, 2e-6);
  EXPECT_NEAR(analytic, (above - loss().item<double>()) / 2e-6, 1e-5 * std::abs(analytic));
}

TEST(ClipText, TableInHalfComputedInSingle) {
  const torch::NoGradGuard no_grad;
  ClipText encoder(small());
  fill_by_recipe(encoder, 1, {}, "");
  const torch::Tensor ids = torch::tensor({{48, 3, 7, 49}}, torch::kInt64);
  const torch::Tensor expected = encoder.forward(ids).last_hidden;
  encoder.to(torch::kFloat16);
  encoder.set_compute_type(torch::kFloat32);
  const torch::Tensor output = encoder.forward(ids).last_hidden;
  EXPECT_EQ(output.scalar_type(), torch::kFloat32);
  EXPECT_LE(largest_difference(output, expected), 1e-2);
}

TEST(ClipText, RefusesIdsAndLengthsItCannotRead) {
  ClipText encoder(small());
  fill_by_recipe(encoder, 1, {}, "");
  const auto ids = [](std::int64_t id, std::int64_t length) {
    return torch::full({1, length}, id, torch::kInt64);
  };
  EXPECT_ERSATZ_ERROR(encoder.forward(ids(50, 4)), core::ExitCode::kUsage, "token id 50");
  EXPECT_ERSATZ_ERROR(encoder.forward(ids(-1, 4)), core::ExitCode::kUsage, "token id -1");
  EXPECT_ERSATZ_ERROR(encoder.forward(ids(1, 10)), core::ExitCode::kUsage, "10 tokens");
  EXPECT_ERSATZ_ERROR(encoder.forward(ids(1, 4), 2), core::ExitCode::kUsage, "skip 2");
}

}  // namespace
}  // namespace ersatz::models
