// ResNet and SqueezeNet against torchvision's, and their weight files.
#include "models/image_classifier.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <fstream>

#include "compute/torch_shim.h"
#include "core/file_system.h"
#include "core/json.h"
#include "data/images/image_file.h"
#include "data/images/resize.h"
#include "data/photos/pixel_scaling.h"
#include "models/module_state.h"
#include "models/pretrained.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

std::uint64_t splitmix(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// The weights of the fixtures: a formula of name and position
// (tests/fixtures/classifiers/README.md).
void fill_by_formula(torch::nn::Module& module, const core::Json& bounds) {
  const torch::NoGradGuard no_grad;
  const auto fill = [&](const std::string& name, torch::Tensor tensor) {
    if (tensor.scalar_type() != torch::kFloat32) return;
    const torch::Tensor values = torch::empty(tensor.sizes());
    float* data = values.data_ptr<float>();
    const std::uint64_t start = fnv1a(name);
    const bool positive = tensor.dim() == 1 && (name.find("running_var") != std::string::npos ||
                                                ((name.find("bn") != std::string::npos ||
                                                  name.find("downsample.1") != std::string::npos) &&
                                                 name.find("weight") != std::string::npos));
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      const double u =
          static_cast<double>(splitmix(start + static_cast<std::uint64_t>(i)) >> 48) / 65536;
      const double bound = tensor.dim() >= 2 ? bounds.at(name).get<double>() : 0.25;
      data[i] = static_cast<float>(positive ? 0.75 + 0.5 * u : (2 * u - 1) * bound);
    }
    tensor.copy_(values);
  };
  compute::for_each_parameter(module, fill);
  compute::for_each_buffer(module, fill);
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// The largest difference relative to the largest number.
double relative(const torch::Tensor& computed, const torch::Tensor& wanted) {
  return largest_difference(computed, wanted) / wanted.abs().max().item<double>();
}

// 1e-4 for logits of up to 10. The fixtures' weights give logits of 57 and 145, where plain
// convolutions in another order than torchvision's already differ by 1.3e-4 in absolute numbers.
constexpr double kLogits = 1e-5;

std::shared_ptr<ImageClassifier> fixture_resnet() {
  ClassifierArchitecture architecture;
  architecture.classes = 7;
  auto network = make_image_classifier(architecture, 1);
  fill_by_formula(*network,
                  core::read_json(test::fixture("classifiers/resnet18.json")).at("bounds"));
  return network;
}

TEST(ResNet, LogitsEqualTorchvision) {
  const auto network = fixture_resnet();
  const NamedTensors io =
      load_safetensors(test::fixture("classifiers/resnet18.safetensors")).tensors;
  network->eval();
  // With and without the normalisation folded into the kernels.
  EXPECT_LT(relative(network->forward(io.at("x")), io.at("logits_eval")), kLogits);
  const torch::NoGradGuard no_grad;
  EXPECT_LT(relative(network->forward(io.at("x")), io.at("logits_eval")), kLogits);
  const torch::Tensor features = network->features(io.at("x"));
  EXPECT_EQ(features.sizes(), (std::vector<std::int64_t>{4, 512, 2, 2}));
  EXPECT_LT(relative(features.abs().mean({2, 3}), io.at("layer4_mean_abs_eval")), 1e-5);
}

TEST(ResNet, TrainingStepEqualsTorchvision) {
  const auto network = fixture_resnet();
  const NamedTensors io =
      load_safetensors(test::fixture("classifiers/resnet18.safetensors")).tensors;
  const core::Json norms =
      core::read_json(test::fixture("classifiers/resnet18.json")).at("grad_norms");
  network->train();
  const torch::Tensor logits = network->forward(io.at("x"));
  EXPECT_LT(relative(logits, io.at("logits_train")), 1e-4);
  const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, io.at("labels"));
  EXPECT_NEAR(loss.item<double>(), io.at("loss_train").item<double>(), 1e-4);
  loss.backward();
  std::size_t compared = 0;
  compute::for_each_parameter(*network, [&](const std::string& name, const torch::Tensor& p) {
    const double norm = norms.at(name).get<double>();
    EXPECT_NEAR(p.grad().norm().item<double>(), norm, 2e-4 * norm + 1e-6) << name;
    ++compared;
    const auto whole = io.find("grad." + name);
    if (whole != io.end()) {
      EXPECT_LT(relative(p.grad(), whole->second), 5e-4) << name;
    }
  });
  EXPECT_EQ(compared, norms.size());
  const NamedTensors state = module_state(*network);
  EXPECT_LT(relative(state.at("bn1.running_mean"), io.at("bn1.running_mean_after")), 1e-5);
  EXPECT_LT(relative(state.at("bn1.running_var"), io.at("bn1.running_var_after")), 1e-5);
  EXPECT_LT(relative(state.at("layer4.1.bn2.running_var"), io.at("layer4.1.bn2.running_var_after")),
            1e-4);
  EXPECT_EQ(state.at("bn1.num_batches_tracked").item<std::int64_t>(), 1);
}

TEST(ResNet, LogitsEqualTorchvisionAt224) {
  ERSATZ_REQUIRE_SHARED(file, "fixtures/resnet18/io.safetensors");
  const torch::NoGradGuard no_grad;
  const NamedTensors io = load_safetensors(file).tensors;
  const auto network = fixture_resnet();
  network->eval();
  EXPECT_LT(relative(network->forward(io.at("x224")), io.at("logits_eval_x224")), kLogits);
  for (int stage = 1; stage <= 4; ++stage) {
    EXPECT_TRUE(io.count("layer" + std::to_string(stage) + "_mean_abs_eval") == 1);
  }
}

TEST(ResNet, HasTorchvisionsParameters) {
  const core::Json norms =
      core::read_json(test::fixture("classifiers/resnet18.json")).at("grad_norms");
  const auto network = make_image_classifier({}, 1);
  std::int64_t count = 0;
  std::size_t names = 0;
  compute::for_each_parameter(*network, [&](const std::string& name, const torch::Tensor& p) {
    EXPECT_TRUE(norms.contains(name)) << name;
    count += p.numel();
    ++names;
  });
  EXPECT_EQ(names, norms.size());
  EXPECT_EQ(count, 11689512);  // as torchvision documents
  ClassifierArchitecture larger;
  larger.name = "resnet34";
  count = 0;
  compute::for_each_parameter(
      *make_image_classifier(larger, 1),
      [&](const std::string&, const torch::Tensor& p) { count += p.numel(); });
  EXPECT_EQ(count, 21797672);
}

TEST(ResNet, BeginsAsTimmAndTorchvisionDo) {
  ClassifierArchitecture architecture;
  architecture.classes = 5;
  const NamedTensors timm = module_state(*make_image_classifier(architecture, 3));
  architecture.zero_init_residual = false;
  const NamedTensors torchvision = module_state(*make_image_classifier(architecture, 3));
  EXPECT_EQ(timm.at("layer2.1.bn2.weight").abs().max().item<float>(), 0);
  EXPECT_EQ(torchvision.at("layer2.1.bn2.weight").min().item<float>(), 1);
  EXPECT_EQ(timm.at("layer2.1.bn1.weight").min().item<float>(), 1);
  const torch::Tensor kernel = timm.at("layer3.0.conv1.weight");  // fan out 256 * 9
  EXPECT_NEAR(kernel.std().item<double>(), std::sqrt(2.0 / 2304), 2e-4);
  EXPECT_NEAR(kernel.mean().item<double>(), 0, 2e-4);
  const torch::Tensor fc = timm.at("fc.weight");
  EXPECT_LE(fc.abs().max().item<double>(), 1 / std::sqrt(512.0));
  EXPECT_NEAR(fc.std().item<double>(), 1 / std::sqrt(3 * 512.0), 1e-3);
  // The last layer apart, weights do not depend on the classes; and they do on the seed.
  architecture.classes = 9;
  EXPECT_TRUE(torch::equal(
      kernel, module_state(*make_image_classifier(architecture, 3)).at("layer3.0.conv1.weight")));
  EXPECT_FALSE(torch::equal(
      kernel, module_state(*make_image_classifier(architecture, 4)).at("layer3.0.conv1.weight")));
}

TEST(ResNet, SmallVariantForSmallImages) {
  ClassifierArchitecture architecture;
  architecture.name = "resnet10";
  architecture.width = 16;
  architecture.small_stem = true;
  architecture.classes = 3;
  const auto network = make_image_classifier(architecture, 1);
  const torch::NoGradGuard no_grad;
  network->eval();
  EXPECT_EQ(network->features(torch::zeros({2, 3, 32, 32})).sizes(),
            (std::vector<std::int64_t>{2, 128, 4, 4}));
  EXPECT_EQ(network->forward(torch::zeros({2, 3, 32, 32})).sizes(),
            (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(network->pooled_features(torch::zeros({2, 3, 40, 24})).sizes(),
            (std::vector<std::int64_t>{2, 128}));
}

// The folded kernels are made again when what they were made of changes.
TEST(ResNet, EvaluationFollowsTheWeights) {
  ClassifierArchitecture architecture;
  architecture.name = "resnet10";
  architecture.width = 16;
  architecture.zero_init_residual = false;
  const auto network = make_image_classifier(architecture, 1);
  const torch::Tensor images = torch::randn({2, 3, 64, 64});
  const auto logits = [&] {
    const torch::NoGradGuard no_grad;
    network->eval();
    return network->forward(images);
  };
  const auto exact = [&] {
    network->eval();
    return network->forward(images).detach();  // gradients on: not folded
  };
  EXPECT_LT(relative(logits(), exact()), 1e-4);
  network->train();
  network->forward(images).sum().backward();  // changes the running moments
  EXPECT_LT(relative(logits(), exact()), 1e-4);
  {
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& p : network->parameters()) p.mul_(1.1);
  }
  EXPECT_LT(relative(logits(), exact()), 1e-4);
}

TEST(SqueezeNet, LogitsAndGradientsEqualTorchvision) {
  ClassifierArchitecture architecture;
  architecture.name = "squeezenet1_0";
  architecture.classes = 7;
  architecture.dropout = 0;
  const auto network = make_image_classifier(architecture, 1);
  const core::Json json = core::read_json(test::fixture("classifiers/squeezenet.json"));
  fill_by_formula(*network, json.at("bounds"));
  const NamedTensors io =
      load_safetensors(test::fixture("classifiers/squeezenet.safetensors")).tensors;
  network->train();
  const torch::Tensor logits = network->forward(io.at("x"));
  EXPECT_LT(relative(logits, io.at("logits")), 1e-5);
  torch::nn::functional::cross_entropy(logits, io.at("labels")).backward();
  std::size_t compared = 0;
  compute::for_each_parameter(*network, [&](const std::string& name, const torch::Tensor& p) {
    const double norm = json.at("grad_norms").at(name).get<double>();
    EXPECT_NEAR(p.grad().norm().item<double>(), norm, 1e-4 * norm + 1e-7) << name;
    ++compared;
  });
  EXPECT_EQ(compared, json.at("grad_norms").size());
}

TEST(SqueezeNet, DropsFeaturesInTrainingOnly) {
  ClassifierArchitecture architecture;
  architecture.name = "squeezenet1_0";
  const auto network = make_image_classifier(architecture, 1);
  const torch::Tensor images = torch::randn({1, 3, 64, 64});
  const torch::NoGradGuard no_grad;
  network->train();
  EXPECT_FALSE(torch::equal(network->forward(images), network->forward(images)));
  network->eval();
  EXPECT_TRUE(torch::equal(network->forward(images), network->forward(images)));
}

torch::Tensor squeezenet_input(const fs::path& file) {
  const data::RgbImage photo =
      data::centre_crop(data::resize_shorter_side(data::read_image(file), 256), 227);
  const torch::Tensor input = torch::empty({1, 227, 227, 3});
  data::PixelScaler(data::pixel_scaling("caffe-bgr"))
      .apply(photo.pixels.data(), 227 * 227, input.data_ptr<float>());
  return input.permute({0, 3, 1, 2});
}

// Share of the photos in a folder whose class is among the network's first `places`.
double recognised(ImageClassifier& network, const fs::path& folder, std::int64_t label,
                  std::int64_t places) {
  int right = 0, all = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const torch::Tensor logits = network.forward(squeezenet_input(entry.path()));
    right += (std::get<1>(logits.topk(places)) == label).any().item<bool>() ? 1 : 0;
    ++all;
  }
  return static_cast<double>(right) / all;
}

// Weights trained by others recognise photos: 950 is orange, 954 banana. This network takes most
// oranges for lemons first.
TEST(SqueezeNet, RecognisesFruitWithImageNetWeights) {
  ERSATZ_REQUIRE_SHARED(weights, "data/weights/squeezenet1_0_imagenet_f16.safetensors");
  ERSATZ_REQUIRE_SHARED(photos, "data/grocery_fruits/test");
  ClassifierArchitecture architecture;
  architecture.name = "squeezenet1_0";
  const auto network = make_image_classifier(architecture, 1);
  const PretrainedReport report = load_pretrained(*network, weights);
  EXPECT_EQ(report.loaded, 52);
  EXPECT_TRUE(report.replaced_head.empty());
  network->eval();
  const torch::NoGradGuard no_grad;
  EXPECT_GT(recognised(*network, photos / "banana", 954, 1), 0.85);
  EXPECT_GT(recognised(*network, photos / "orange", 950, 5), 0.85);
}

TEST(ImageClassifier, RefusesWhatIsNoNetwork) {
  ClassifierArchitecture architecture;
  architecture.name = "resnet81";
  EXPECT_ERSATZ_ERROR(make_image_classifier(architecture, 1), ExitCode::kUsage, "'resnet18'");
  architecture = {};
  architecture.width = 0;
  EXPECT_ERSATZ_ERROR(make_image_classifier(architecture, 1), ExitCode::kUsage, "width 0");
  architecture = {};
  architecture.name = "squeezenet1_0";
  architecture.width = 16;
  EXPECT_ERSATZ_ERROR(make_image_classifier(architecture, 1), ExitCode::kUsage, "no width");
  architecture = {};
  architecture.name = "squeezenet1_0";
  architecture.dropout = 1;
  EXPECT_ERSATZ_ERROR(make_image_classifier(architecture, 1), ExitCode::kUsage, "outside [0, 1)");
}

}  // namespace
}  // namespace ersatz::models
