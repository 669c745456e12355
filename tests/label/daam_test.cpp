// Heat maps against those of DAAM's own code.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <chrono>
#include <iostream>

#include "generate/diffusion/trajectory_fixture.h"
#include "label/attention_maps.h"
#include "support/test_support.h"

namespace ersatz::label {
namespace {

// Largest difference relative to the largest expected value.
double relative(const torch::Tensor& actual, const torch::Tensor& expected) {
  return test::max_difference(actual, expected) / expected.abs().max().item<double>();
}

struct Captured {
  Captured(const std::filesystem::path& fixtures, const std::string& name)
      : run(fixtures / "daam" / name),
        loaded(fixtures / "models" / run.record.at("model").get<std::string>()),
        request(run.request()),
        capture(options()) {
    request.observer = &capture;
    request.decode = false;
    request.on_step = [this](const generate::SamplingStep& step) {
      if (step.index != 0) return;
      for (const AttentionCapture::Layer& layer : capture.layers()) {
        first[layer.name] = layer.sum[0].clone();
      }
    };
    sample(loaded.model, loaded.encoder, request);
    const auto tokens = static_cast<std::int64_t>(run.record.at("prompt_tokens").size());
    EXPECT_EQ(static_cast<std::int64_t>(
                  loaded.encoder.tokenizer().encode(request.prompts.front()).size()),
              tokens);
    count = tokens;
  }

  AttentionCaptureOptions options() const {
    AttentionCaptureOptions result;
    result.latent_height = request.height / loaded.model.autoencoder->config().factor();
    result.latent_width = request.width / loaded.model.autoencoder->config().factor();
    result.include_mid_block = true;
    return result;
  }

  torch::Tensor global(const HeatMapOptions& heat_map = {}) const {
    return global_heat_map(capture, 0, count, heat_map);
  }

  test::Trajectory run;
  test::LoadedModel loaded;
  generate::SamplingRequest request;
  AttentionCapture capture;
  std::map<std::string, torch::Tensor> first;
  std::int64_t count = 0;
};

void expect_global_maps(const Captured& captured) {
  const auto expect = [&](const std::string& name, const HeatMapOptions& options) {
    const double difference = relative(captured.global(options), captured.run.at(name));
    std::cout << fmt::format("  {:24} {:.1e}\n", name, difference);
    EXPECT_LE(difference, 1e-4) << name;
  };
  HeatMapOptions options;
  expect("daam.global", options);
  options.factors = {1, 2};
  expect("daam.global_factors_1_2", options);
  options = {};
  options.head = 0;
  expect("daam.global_head0", options);
  options = {};
  options.normalise = true;
  expect("daam.global_normalized", options);
  for (const int layer : {0, 6}) {
    const std::string name = fmt::format("daam.global_layer{}", layer);
    if (!captured.run.has(name)) continue;
    options = {};
    options.layer = layer;
    expect(name, options);
  }
}

void expect_word_maps(const Captured& captured) {
  const torch::Tensor global = captured.global();
  int words = 0;
  for (const auto& [word, rows] : captured.run.record.at("word_token_rows").items()) {
    SCOPED_TRACE(word);
    const std::vector<std::int64_t> found =
        word_rows(captured.loaded.encoder.tokenizer(), captured.request.prompts.front(), word);
    EXPECT_EQ(found, rows.get<std::vector<std::int64_t>>());
    const torch::Tensor map = word_heat_map(global, found);
    EXPECT_LE(relative(map, captured.run.at("daam.word." + word)), 1e-4);
    const std::int64_t h = captured.request.height, w = captured.request.width;
    EXPECT_LE(relative(expand_heat_map(map, h, w), captured.run.at("daam.word_expanded." + word)),
              1e-4);
    EXPECT_LE(relative(expand_heat_map(map, h, w, true),
                       captured.run.at("daam.word_expanded_abs." + word)),
              1e-4);
    const torch::Tensor mask = expand_heat_map(map, h, w, false, 0.5);
    EXPECT_EQ(test::max_difference(mask, captured.run.at("daam.word_thresh05." + word)), 0);
    ++words;
  }
  EXPECT_GE(words, 2);
}

int expect_probabilities(const Captured& captured) {
  int compared = 0;
  double worst = 0;
  for (const AttentionCapture::Layer& layer : captured.capture.layers()) {
    const std::string step0 = "probs_cond_step0." + layer.name;
    const std::string sum = "probs_cond_sum." + layer.name;
    if (captured.run.has(step0)) {
      worst = std::max(worst, relative(captured.first.at(layer.name), captured.run.at(step0)));
      ++compared;
    }
    if (captured.run.has(sum)) {
      worst = std::max(worst, relative(layer.sum[0].mean(0), captured.run.at(sum)));
      ++compared;
    }
  }
  std::cout << fmt::format("  probabilities            {:.1e}\n", worst);
  EXPECT_LE(worst, 1e-4);
  return compared;
}

TEST(Daam, StableDiffusion1TwoSteps) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  const Captured captured(fixtures, "sd15mini_128x128_s2");
  expect_global_maps(captured);
  expect_word_maps(captured);
  EXPECT_EQ(expect_probabilities(captured), 7 + 16);
}

TEST(Daam, LayersAreThoseOfTheReference) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  const Captured captured(fixtures, "sd15mini_128x128_s2");
  const std::vector<AttentionCapture::Layer> layers = captured.capture.layers();
  for (const auto& [index, name] : captured.run.record.at("daam_layer_idx_to_module").items()) {
    EXPECT_EQ(layers.at(std::stoul(index)).name, name.get<std::string>());
  }
}

TEST(Daam, StableDiffusion1Pndm) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  const Captured captured(fixtures, "sd15mini_128x128_s6");
  EXPECT_EQ(captured.capture.steps(), 7);
  expect_global_maps(captured);
  expect_word_maps(captured);
}

TEST(Daam, TinyModelEuler) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  const Captured captured(fixtures, "tiny_32x32_s4");
  expect_global_maps(captured);
  expect_word_maps(captured);
  EXPECT_EQ(expect_probabilities(captured), 4 + 4);
}

}  // namespace
}  // namespace ersatz::label
