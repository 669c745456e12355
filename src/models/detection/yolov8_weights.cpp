#include "models/detection/yolov8_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compute/torch_shim.h"
#include "core/affix.h"
#include "core/error.h"
#include "core/printable.h"
#include "models/detection/weight_problems.h"

namespace ersatz::models {
namespace {

using core::Error;

constexpr const char* kFirst = "model.0.conv.weight";
constexpr const char* kClasses = "model.22.cv3.0.2.weight";
constexpr const char* kCoefficients = "model.22.cv4.0.2.weight";
constexpr const char* kBins = "model.22.dfl.conv.weight";

bool is_of_masks(const std::string& name) {
  return core::starts_with(name, "model.22.cv4.") || core::starts_with(name, "model.22.proto.");
}

std::string shape_text(const torch::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes().vec(), ", "));
}

NamedTensors live_tensors(const torch::nn::Module& module) {
  NamedTensors live;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    live.emplace(name, tensor);
  };
  compute::for_each_parameter(module, add);
  compute::for_each_buffer(module, add);
  return live;
}

// The number of outputs of a convolution that every such file has.
std::int64_t outputs_of(const Weights& weights, const char* name) {
  const auto found = weights.tensors.find(name);
  if (found == weights.tensors.end()) {
    throw Error::untrusted(
        weights.file,
        fmt::format("no tensor '{}': these are no weights of YOLOv8 by Ultralytics' names", name));
  }
  if (found->second.dim() != 4 || found->second.size(0) < 1) {
    throw Error::untrusted(weights.file, fmt::format("tensor '{}' is {}, no convolution", name,
                                                     shape_text(found->second)));
  }
  return found->second.size(0);
}

// Copies every tensor to its place, or refuses all.
void fill(Yolov8& network, const Weights& weights, bool ignore_masks) {
  std::vector<std::string> missing, misshapen, left_over;
  std::vector<std::pair<torch::Tensor, std::string>> copies;
  const NamedTensors live = live_tensors(network);
  for (const auto& [name, target] : live) {
    const auto found = weights.tensors.find(name);
    if (found == weights.tensors.end()) {
      if (name != kBins && !core::ends_with(name, "num_batches_tracked")) {
        missing.push_back("'" + name + "'");
      }
      continue;
    }
    const bool same_kind = found->second.is_floating_point() == target.is_floating_point();
    if (found->second.sizes() != target.sizes() || !same_kind) {
      misshapen.push_back(fmt::format("'{}' {}{} instead of {}", name, shape_text(found->second),
                                      same_kind ? "" : " of another kind", shape_text(target)));
      continue;
    }
    copies.emplace_back(target, name);
  }
  for (const auto& [name, tensor] : weights.tensors) {
    if (live.count(name) == 0 && !(ignore_masks && is_of_masks(name))) {
      left_over.push_back("'" + core::printable(name) + "'");
    }
  }
  std::string problems;
  add_list(problems, "missing", missing);
  add_list(problems, "of another shape", misshapen);
  add_list(problems, "left over", left_over);
  if (!problems.empty()) {
    throw Error::untrusted(weights.file, "does not fit the network: " + problems);
  }
  for (auto& [target, name] : copies) {
    const torch::Tensor& stored = weights.tensors.at(name);
    const torch::Tensor value = stored.to(target.scalar_type());
    if (!torch::isfinite(value).all().item<bool>()) {
      throw Error::untrusted(weights.file,
                             fmt::format("tensor '{}' has NaN or infinite values", name));
    }
    if (name == kBins && !torch::equal(value, target)) {
      throw Error::untrusted(weights.file,
                             fmt::format("tensor '{}' is not 0, 1, ... {}", name, kYolov8Bins - 1));
    }
    target.copy_(value);
  }
}

}  // namespace

Yolov8Config yolov8_config_of(const Weights& weights) {
  Yolov8Config config;
  const std::int64_t width = outputs_of(weights, kFirst);
  std::vector<std::string> widths;
  config.scale = 0;
  for (const std::string& name : yolov8_scales()) {
    const std::int64_t channels = Yolov8Sizes(name.front()).channels(64);
    if (channels == width) config.scale = name.front();
    widths.push_back(fmt::format("{} ({})", channels, name));
  }
  if (config.scale == 0) {
    throw Error::untrusted(weights.file, fmt::format("'{}' has {} outputs, in YOLOv8 there are {}",
                                                     kFirst, width, fmt::join(widths, ", ")));
  }
  config.classes = outputs_of(weights, kClasses);
  config.masks = std::any_of(weights.tensors.begin(), weights.tensors.end(),
                             [](const auto& item) { return is_of_masks(item.first); });
  if (config.masks) config.prototypes = outputs_of(weights, kCoefficients);
  config.folded = weights.tensors.count("model.0.bn.weight") == 0;
  try {
    check_yolov8_config(config);
  } catch (const Error& error) {
    throw Error::untrusted(weights.file, error.what());
  }
  return config;
}

std::shared_ptr<Yolov8> load_yolov8(const std::filesystem::path& file,
                                    const Yolov8LoadOptions& options) {
  const torch::NoGradGuard no_grad;
  const Weights weights = open_weights(file);
  Yolov8Config config = yolov8_config_of(weights);
  if (options.scale && *options.scale != config.scale) {
    throw Error::usage(fmt::format("{} holds weights of scale {}, not {}", file.string(),
                                   config.scale, *options.scale));
  }
  const bool ignore_masks = config.masks && !options.masks;
  config.masks = config.masks && options.masks;
  auto network = std::make_shared<Yolov8>(config);
  fill(*network, weights, ignore_masks);
  return options.fold && !config.folded ? fold_yolov8(*network) : network;
}

std::shared_ptr<Yolov8> fold_yolov8(const Yolov8& network) {
  const torch::NoGradGuard no_grad;
  Yolov8Config config = network.config();
  config.folded = true;
  auto folded = std::make_shared<Yolov8>(config);
  const NamedTensors from = live_tensors(network);
  constexpr double kEpsilon = 1e-3;
  for (const auto& [name, live] : live_tensors(*folded)) {
    torch::Tensor target = live;
    const std::size_t conv = name.rfind(".conv.");
    const std::string unit = conv == std::string::npos ? name : name.substr(0, conv);
    if (from.count(unit + ".bn.weight") == 0) {
      target.copy_(from.at(name));
      continue;
    }
    const auto of_norm = [&](const char* what) {
      return from.at(unit + ".bn." + what).to(torch::kDouble);
    };
    const torch::Tensor scale = of_norm("weight") / torch::sqrt(of_norm("running_var") + kEpsilon);
    if (core::ends_with(name, ".weight")) {
      target.copy_(from.at(name).to(torch::kDouble) * scale.view({-1, 1, 1, 1}));
    } else {
      target.copy_(of_norm("bias") - of_norm("running_mean") * scale);
    }
  }
  return folded;
}

}  // namespace ersatz::models
