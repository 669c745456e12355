// Weight files of classifiers: ours, and those of others.
#include "models/classifier_file.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "models/module_state.h"
#include "models/pretrained.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

TEST(Pretrained, ReplacesTheHeadForOtherClasses) {
  const test::TemporaryFolder folder;
  ClassifierArchitecture architecture;
  architecture.name = "resnet10";
  architecture.width = 16;
  architecture.classes = 10;
  NamedTensors trained = module_state(*make_image_classifier(architecture, 1));
  trained.erase("bn1.num_batches_tracked");
  trained.at("conv1.weight") = trained.at("conv1.weight").to(torch::kFloat16);
  save_safetensors(folder / "w.safetensors", trained);
  architecture.classes = 4;
  const auto network = make_image_classifier(architecture, 2);
  const NamedTensors before = module_state(*network);
  const PretrainedReport report = load_pretrained(*network, folder / "w.safetensors");
  const NamedTensors after = module_state(*network);
  EXPECT_EQ(report.replaced_head, (std::vector<std::string>{"fc.bias", "fc.weight"}));
  EXPECT_TRUE(torch::equal(after.at("fc.weight"), before.at("fc.weight")));
  EXPECT_TRUE(torch::equal(after.at("layer4.0.conv2.weight"), trained.at("layer4.0.conv2.weight")));
  EXPECT_TRUE(
      torch::equal(after.at("conv1.weight"), trained.at("conv1.weight").to(torch::kFloat32)));
  EXPECT_EQ(report.loaded, static_cast<std::int64_t>(after.size()) - 3);
}

TEST(Pretrained, NamesEverythingThatDoesNotFit) {
  const test::TemporaryFolder folder;
  ClassifierArchitecture architecture;
  architecture.name = "resnet10";
  architecture.width = 16;
  const auto network = make_image_classifier(architecture, 1);
  const NamedTensors whole = module_state(*network);
  NamedTensors odd = whole;
  odd.erase("layer2.0.conv1.weight");
  odd["layer9.weight"] = torch::zeros({3});
  odd["bn1.bias"] = torch::zeros({5});
  save_safetensors(folder / "odd.safetensors", odd);
  for (const char* text : {"layer2.0.conv1.weight is not there", "layer9.weight has no place",
                           "bn1.bias is [5], not [16]"}) {
    EXPECT_ERSATZ_ERROR(load_pretrained(*network, folder / "odd.safetensors"),
                        ExitCode::kUntrustedData, text);
  }
  EXPECT_TRUE(torch::equal(module_state(*network).at("conv1.weight"), whole.at("conv1.weight")));
  odd = whole;
  odd["fc.bias"] = torch::zeros({5});
  save_safetensors(folder / "half.safetensors", odd);
  EXPECT_ERSATZ_ERROR(load_pretrained(*network, folder / "half.safetensors"),
                      ExitCode::kUntrustedData, "only in part");
  EXPECT_ERSATZ_ERROR(load_pretrained(*network, folder / "none"), ExitCode::kMissing, "none");
}

TEST(ClassifierFile, DescribesItself) {
  const test::TemporaryFolder folder;
  ClassifierDescription description;
  description.architecture.name = "resnet10";
  description.architecture.width = 16;
  description.architecture.small_stem = true;
  description.architecture.classes = 2;
  description.classes = {"kiwi \"green\"", "pear"};
  description.scaling = "plain-rgb";
  const auto network = make_image_classifier(description.architecture, 1);
  network->eval();
  save_image_classifier(folder / "c.safetensors", *network, description);
  const LoadedClassifier loaded = load_image_classifier(folder / "c.safetensors");
  EXPECT_EQ(loaded.description.classes, description.classes);
  EXPECT_EQ(loaded.description.scaling, "plain-rgb");
  EXPECT_TRUE(loaded.description.architecture.small_stem);
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::randn({2, 3, 32, 32});
  EXPECT_TRUE(torch::equal(loaded.network->forward(images), network->forward(images)));
}

TEST(ClassifierFile, RefusesWhatIsNone) {
  const test::TemporaryFolder folder;
  ClassifierDescription description;
  description.architecture.name = "resnet10";
  description.architecture.width = 16;
  description.architecture.classes = 2;
  description.classes = {"kiwi", "pear"};
  const auto network = make_image_classifier(description.architecture, 1);
  const fs::path file = folder / "c.safetensors";
  save_image_classifier(file, *network, description);
  const Safetensors good = load_safetensors(file);
  const auto with = [&](const char* key, const char* value) {
    auto metadata = good.metadata;
    metadata[key] = value;
    save_safetensors(file, good.tensors, metadata);
  };
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"network", "digit-classifier"},
                                                                  {"architecture", "resnet99"},
                                                                  {"width", "0"},
                                                                  {"width", "-3"},
                                                                  {"classes", "3"},
                                                                  {"class_names", "[1, 2]"},
                                                                  {"class_names", "["},
                                                                  {"pixel_scaling", "none"},
                                                                  {"small_stem", "1"}}) {
    with(key, value);
    EXPECT_ERSATZ_ERROR(load_image_classifier(file), ExitCode::kUntrustedData, "c.safetensors");
  }
  // The tensors say how large a network is made, not the metadata alone.
  with("width", "17");
  EXPECT_ERSATZ_ERROR(load_image_classifier(file), ExitCode::kUntrustedData,
                      "'layer4.0.conv2.weight' is not there with the shape");
  auto metadata = good.metadata;
  metadata["classes"] = "3";
  metadata["class_names"] = R"(["a", "b", "c"])";
  save_safetensors(file, good.tensors, metadata);
  EXPECT_ERSATZ_ERROR(load_image_classifier(file), ExitCode::kUntrustedData,
                      "'fc.weight' is not there with the shape");
  save_safetensors(file, good.tensors);
  EXPECT_ERSATZ_ERROR(load_image_classifier(file), ExitCode::kUntrustedData, "'network'");
}

}  // namespace
}  // namespace ersatz::models
