#include "models/image_classifier.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/error.h"
#include "core/suggest.h"
#include "models/resnet.h"
#include "models/squeezenet.h"

namespace ersatz::models {

namespace {

constexpr const char* kSqueezeNet = "squeezenet1_0";

struct NamedResNet {
  const char* name;
  std::array<std::int64_t, 4> blocks;
};
constexpr NamedResNet kResNets[] = {
    {"resnet10", {1, 1, 1, 1}}, {"resnet18", {2, 2, 2, 2}}, {"resnet34", {3, 4, 6, 3}}};

}  // namespace

std::shared_ptr<ImageClassifier> make_image_classifier(const ClassifierArchitecture& architecture,
                                                       std::uint64_t seed) {
  std::vector<std::string> names = {kSqueezeNet};
  for (const NamedResNet& resnet : kResNets) {
    names.emplace_back(resnet.name);
    if (architecture.name != resnet.name) continue;
    ResNetOptions options;
    options.blocks = resnet.blocks;
    options.classes = architecture.classes;
    options.width = architecture.width;
    options.small_stem = architecture.small_stem;
    options.zero_init_residual = architecture.zero_init_residual;
    return std::make_shared<ResNet>(options, seed);
  }
  if (architecture.name == kSqueezeNet) {
    if (architecture.width != ClassifierArchitecture{}.width || architecture.small_stem) {
      throw core::Error::usage("SqueezeNet has no width and no small stem to choose");
    }
    return std::make_shared<SqueezeNet>(architecture.classes, architecture.dropout, seed);
  }
  throw core::unknown_name("network", architecture.name, names);
}

}  // namespace ersatz::models
