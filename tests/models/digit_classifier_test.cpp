#include "models/digit_classifier.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include "models/module_state.h"
#include "models/parameter_count.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

constexpr DigitClassifierOptions kTiny{4, 6, 16, 10, 0.4};

TEST(DigitClassifier, HasThePapersSize) {
  EXPECT_EQ(parameter_count(DigitClassifier({}, 1)), 3'274'634);
}

TEST(DigitClassifier, ShapesAndDropout) {
  DigitClassifier network(kTiny, 1);
  const torch::Tensor x = torch::rand({7, 1, 28, 28});
  network.train();
  const torch::Tensor y = network.forward(x, 1);
  EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{7, 10}));
  EXPECT_TRUE(torch::equal(y, network.forward(x, 1)));
  EXPECT_FALSE(torch::equal(y, network.forward(x, 2))) << "another key drops other units";
  network.eval();
  EXPECT_TRUE(torch::equal(network.forward(x, 1), network.forward(x, 2)));
  EXPECT_ANY_THROW(network.forward(torch::rand({7, 1, 27, 28})));
}

// The same layers written with libtorch's own operations, in the images' usual memory order.
TEST(DigitClassifier, EqualsTheNetworkWrittenOut) {
  DigitClassifier network(kTiny, 3);
  network.eval();
  const auto p = network.named_parameters();
  const torch::Tensor x = torch::rand({5, 1, 28, 28});
  torch::Tensor h = torch::max_pool2d(
      torch::relu(torch::conv2d(x, p["conv1_weight"].contiguous(), p["conv1_bias"], 1, 2)), 2);
  h = torch::max_pool2d(
      torch::relu(torch::conv2d(h, p["conv2_weight"].contiguous(), p["conv2_bias"], 1, 2)), 2);
  h = h.permute({0, 2, 3, 1}).flatten(1);
  h = torch::relu(torch::linear(h, p["hidden_weight"], p["hidden_bias"]));
  h = torch::linear(h, p["output_weight"], p["output_bias"]);
  EXPECT_TRUE(torch::allclose(network.forward(x), h, 1e-4, 1e-5));
}

TEST(DigitClassifier, WeightsDependOnTheSeedOnly) {
  const auto weight = [](std::uint64_t seed) {
    return DigitClassifier(kTiny, seed).named_parameters()["hidden_weight"].detach();
  };
  EXPECT_TRUE(torch::equal(weight(1), weight(1)));
  EXPECT_FALSE(torch::equal(weight(1), weight(2)));
}

TEST(DigitClassifier, FileRoundTrip) {
  const test::TemporaryFolder folder;
  DigitClassifier network(kTiny, 3);
  network.eval();
  save_digit_classifier(folder / "n.safetensors", network);
  const auto read = load_digit_classifier(folder / "n.safetensors");
  EXPECT_EQ(read->options().hidden_units, 16);
  EXPECT_EQ(read->options().dropout, 0.4);
  const torch::Tensor x = torch::rand({2, 1, 28, 28});
  EXPECT_TRUE(torch::equal(read->forward(x), network.forward(x)));
}

TEST(DigitClassifier, RefusesOtherFiles) {
  const test::TemporaryFolder folder;
  const auto refused = [&](const Safetensors& file, const char* text) {
    save_safetensors(folder / "n", file.tensors, file.metadata);
    EXPECT_ERSATZ_ERROR(load_digit_classifier(folder / "n"), core::ExitCode::kUntrustedData, text);
  };
  save_digit_classifier(folder / "n", DigitClassifier(kTiny, 3));
  const Safetensors good = load_safetensors(folder / "n");
  Safetensors file = good;
  file.metadata["network"] = "pixelda-generator";
  refused(file, "not a 'digit-classifier'");
  file = good;
  file.metadata["hidden_units"] = "1e9";
  refused(file, "hidden_units");
  file = good;
  file.metadata["dropout"] = "nan";
  refused(file, "dropout");
  for (const auto& [key, tensor] : {std::pair{"conv1_filters", "conv2_weight"},
                                    {"conv2_filters", "conv2_weight"},
                                    {"hidden_units", "hidden_weight"},
                                    {"classes", "output_weight"}}) {
    file = good;
    file.metadata[key] = "17";
    refused(file, (std::string("'") + tensor + "' is not there with the shape").c_str());
    file.metadata[key] = "0";
    refused(file, "at least one unit");
  }
  file = good;
  file.metadata.erase("classes");
  refused(file, "'classes' is not there");
  file = good;
  file.tensors.erase("conv1_bias");
  refused(file, "'conv1_bias' is not there");
  file = good;
  file.tensors["extra"] = torch::zeros({1});
  refused(file, "unexpected tensor 'extra'");
  file = good;
  file.tensors["conv1_bias"] = torch::zeros({5});
  refused(file, "another shape");
}

TEST(DigitClassifier, RefusesImpossibleOptions) {
  EXPECT_ERSATZ_ERROR(DigitClassifier({0, 6, 16, 10, 0.4}, 1), core::ExitCode::kUsage, "unit");
  EXPECT_ERSATZ_ERROR(DigitClassifier({4, 6, 16, 10, 1.0}, 1), core::ExitCode::kUsage, "[0, 1)");
}

}  // namespace
}  // namespace ersatz::models
