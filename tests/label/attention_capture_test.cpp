#include "label/attention_capture.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <chrono>
#include <iostream>

#include "generate/diffusion/random_model.h"
#include "generate/diffusion/trajectory_fixture.h"

namespace ersatz::label {
namespace {

using test::max_difference;

models::CrossAttentionCall call_of(const std::string& name, std::int64_t rows, std::int64_t height,
                                   std::int64_t width, std::int64_t heads = 2) {
  return {name,
          height,
          width,
          heads,
          0.5,
          torch::randn({rows, height * width, heads * 4}),
          torch::randn({rows, 7, heads * 4})};
}

// softmax(q k^T * scale) of one image and head, in double.
torch::Tensor probabilities(const models::CrossAttentionCall& call, std::int64_t row,
                            std::int64_t head) {
  const torch::Tensor q = call.query[row].narrow(1, head * 4, 4).to(torch::kFloat64);
  const torch::Tensor k = call.key[row].narrow(1, head * 4, 4).to(torch::kFloat64);
  return torch::softmax(torch::matmul(q, k.t()) * call.scale, -1);
}

AttentionCaptureOptions options_of(std::int64_t batch, bool guided) {
  AttentionCaptureOptions options;
  options.latent_height = 8;
  options.latent_width = 12;
  options.batch = batch;
  options.guided = guided;
  return options;
}

TEST(AttentionCapture, SumsTheConditionalHalfOverTheSteps) {
  torch::manual_seed(1);
  AttentionCapture capture(options_of(2, true));
  const auto first = call_of("down_blocks.0.attn2", 4, 8, 12);
  const auto second = call_of("down_blocks.0.attn2", 4, 8, 12);
  capture.on_cross_attention(first);
  capture.on_cross_attention(second);
  ASSERT_EQ(capture.layers().size(), 1U);
  EXPECT_EQ(capture.steps(), 2);
  const torch::Tensor sum = capture.layers().front().sum;
  ASSERT_EQ(sum.sizes(), torch::IntArrayRef({2, 2, 96, 7}));
  for (std::int64_t image = 0; image < 2; ++image) {
    for (std::int64_t head = 0; head < 2; ++head) {
      EXPECT_LE(max_difference(sum[image][head], probabilities(first, 2 + image, head) +
                                                     probabilities(second, 2 + image, head)),
                1e-6);
    }
  }
  capture.clear();
  EXPECT_TRUE(capture.layers().empty());
  EXPECT_EQ(capture.steps(), 0);
}

TEST(AttentionCapture, LayersAreInDaamsOrderWithTheirFactors) {
  AttentionCaptureOptions options = options_of(1, false);
  options.include_mid_block = true;
  AttentionCapture capture(options);
  capture.on_cross_attention(call_of("down_blocks.0.x", 1, 8, 12));
  capture.on_cross_attention(call_of("down_blocks.1.x", 1, 4, 6));
  capture.on_cross_attention(call_of("mid_block.x", 1, 1, 2, 4));
  capture.on_cross_attention(call_of("up_blocks.2.x", 1, 4, 6));
  capture.on_cross_attention(call_of("up_blocks.3.x", 1, 8, 12));
  std::string names;
  std::vector<std::int64_t> factors;
  for (const AttentionCapture::Layer& layer : capture.layers()) {
    names += layer.name + " ";
    factors.push_back(layer.factor);
  }
  EXPECT_EQ(names, "up_blocks.2.x up_blocks.3.x down_blocks.0.x down_blocks.1.x mid_block.x ");
  EXPECT_EQ(factors, (std::vector<std::int64_t>{2, 1, 1, 2, 8}));
}

TEST(AttentionCapture, KeepsOnlyTheWantedPositions) {
  torch::manual_seed(2);
  AttentionCaptureOptions options = options_of(1, false);
  options.positions = 3;
  AttentionCapture capture(options);
  const auto call = call_of("up_blocks.0.x", 1, 4, 6);
  capture.on_cross_attention(call);
  capture.on_cross_attention(call_of("mid_block.x", 1, 2, 3));
  ASSERT_EQ(capture.layers().size(), 1U) << "the mid block was not asked for";
  EXPECT_LE(
      max_difference(capture.layers().front().sum[0][1], probabilities(call, 0, 1).narrow(1, 0, 3)),
      1e-6);
}

TEST(AttentionCapture, RefusesAnotherBatchThanItsOwn) {
  AttentionCapture capture(options_of(2, true));
  EXPECT_ERSATZ_ERROR(capture.on_cross_attention(call_of("up_blocks.0.x", 2, 4, 6)),
                      core::ExitCode::kInternal, "2 rows captured for 2 guided images");
}

generate::SamplingRequest request_of(test::RandomModel& random) {
  generate::SamplingRequest request;
  request.prompts = {"a dog"};
  request.seeds = {1, 2};
  request.width = 160;
  request.height = 128;
  request.steps = 3;
  request.decode = false;
  request.scheduler = generate::parse_scheduler_config(random.model.scheduler, "scheduler");
  return request;
}

TEST(AttentionCapture, LeavesNoTraceInTheImages) {
  test::RandomModel random("mini");
  generate::SamplingRequest request = request_of(random);
  const torch::Tensor without = sample(random.model, random.encoder, request).latents;
  AttentionCaptureOptions options = options_of(2, true);
  options.latent_height = 16;
  options.latent_width = 20;
  AttentionCapture capture(options);
  request.observer = &capture;
  EXPECT_TRUE(torch::equal(sample(random.model, random.encoder, request).latents, without));
  EXPECT_EQ(capture.steps(), 4) << "PNDM calls the network once more than there are steps";
  EXPECT_EQ(capture.layers().size(), 15U);
  for (const AttentionCapture::Layer& layer : capture.layers()) {
    EXPECT_LE(max_difference(layer.sum.sum(-1), torch::full({2, 8, layer.sum.size(2)}, 4.0)), 1e-4)
        << layer.name;
    EXPECT_EQ(layer.height * 5, layer.width * 4) << layer.name;
  }
}

}  // namespace
}  // namespace ersatz::label
