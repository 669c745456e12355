#include "models/detection/detector_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "compute/torch_shim.h"
#include "core/affix.h"
#include "core/error.h"
#include "core/printable.h"
#include "models/conv_layer.h"
#include "models/detection/retinanet.h"
#include "models/detection/weight_problems.h"
#include "models/detection/yolov5.h"
#include "models/detection/yolov8.h"
#include "models/detection/yolov8_weights.h"
#include "models/safetensors.h"
#include "models/weights/weights.h"

namespace ersatz::models {

namespace {

using core::Error;

// How a family's files differ from its network.
struct Family {
  std::vector<std::string> of_classes;  // prefixes of layers that may have another shape
  std::vector<std::string> passed_over;
  std::vector<std::string> optional;  // prefixes of tensors that a file may lack
};

Family family_of(const Detector& network) {
  if (dynamic_cast<const Yolov8*>(&network) != nullptr) {
    return {{"model.22.cv3."}, {"model.22.cv4.", "model.22.proto."}, {"model.22.dfl."}};
  }
  if (dynamic_cast<const Yolov5*>(&network) != nullptr) {
    return {{"model.24.m."}, {"model.24.anchor_grid", "model.24.anchors"}, {"model.24.anchors"}};
  }
  return {{"head.classification_head.cls_logits."}, {"fc."}, {}};
}

bool has_prefix(const std::vector<std::string>& prefixes, const std::string& name) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return core::starts_with(name, prefix); });
}

// torchvision's newer names have one more index: "inner_blocks.0.0.weight", "conv.1.0.weight" for
// "inner_blocks.0.weight", "conv.2.weight". Those of normalised heads are theirs anyway.
std::string older_name(const std::string& name, bool normalised_heads) {
  for (const char* list : {"fpn.inner_blocks.", "fpn.layer_blocks.", "_head.conv."}) {
    if (normalised_heads && std::string(list) == "_head.conv.") continue;
    const std::size_t at = name.find(list);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + std::string(list).size();
    const bool has_more = name.size() > begin + 3 && std::isdigit(name[begin]) != 0 &&
                          name.compare(begin + 1, 3, ".0.") == 0;
    if (!has_more) continue;
    const int factor = std::string(list) == "_head.conv." ? 2 : 1;
    const int index = (name[begin] - '0') * factor;
    return name.substr(0, begin) + std::to_string(index) + name.substr(begin + 3);
  }
  return name;
}

// A tensor of the file and its name there.
struct Stored {
  torch::Tensor tensor;
  std::string name;
};
using StoredTensors = std::map<std::string, Stored>;  // by the network's names

StoredTensors by_names_of_network(const Weights& weights, const RetinaNet* retina,
                                  bool& classifier) {
  StoredTensors stored;
  const bool normalised_heads = retina != nullptr && retina->config().version == 2;
  classifier = retina != nullptr && weights.tensors.count("layer1.0.conv1.weight") != 0;
  for (const auto& [name, tensor] : weights.tensors) {
    const bool body = classifier && !core::starts_with(name, "fc.");
    stored[body                ? "backbone.body." + name
           : retina != nullptr ? older_name(name, normalised_heads)
                               : name] = {tensor, name};
  }
  return stored;
}

bool has_any_of(const StoredTensors& stored, const std::string& module) {
  const auto first = stored.lower_bound(module + ".");
  return first != stored.end() && core::starts_with(first->first, module + ".");
}

// Puts normalisations where the file has folded ones; their names come back.
std::vector<std::string> unfold(const Detector& network, StoredTensors& stored) {
  const std::string norm_name = "bn";
  std::vector<std::string> unfolded;
  for (const auto& item : network.named_modules(/*name_prefix=*/"", /*include_self=*/false)) {
    const std::string& name = item.key();
    const auto* norm = dynamic_cast<const NormLayer*>(item.value().get());
    if (norm == nullptr || !core::ends_with(name, "." + norm_name) || has_any_of(stored, name)) {
      continue;
    }
    const std::string unit = name.substr(0, name.size() - norm_name.size());
    const auto bias = stored.find(unit + "conv.bias");
    if (bias == stored.end()) continue;
    const Stored folded = bias->second;
    stored.erase(bias);
    const auto constant = [&](double value) {
      return Stored{torch::full(folded.tensor.sizes(), value, torch::kFloat32), folded.name};
    };
    stored[name + ".weight"] = constant(std::sqrt(1 + norm->norm().epsilon));
    stored[name + ".bias"] = folded;
    stored[name + ".running_mean"] = constant(0);
    stored[name + ".running_var"] = constant(1);
    unfolded.push_back(name);
  }
  return unfolded;
}

void require_scale(const Detector& network, const Weights& weights) {
  const auto* yolo = dynamic_cast<const Yolov8*>(&network);
  if (yolo == nullptr) return;
  const char scale = yolov8_config_of(weights).scale;
  if (scale == yolo->config().scale) return;
  throw Error::usage(fmt::format("{} holds weights of YOLOv8{}, not of YOLOv8{}",
                                 weights.file.string(), scale, yolo->config().scale),
                     fmt::format("the network that they fit is yolov8{}", scale));
}

}  // namespace

TakenWeights begin_with_weights(Detector& network, const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  const Weights weights = open_weights(file);
  require_scale(network, weights);
  const Family family = family_of(network);
  bool classifier = false;
  const auto* retina = dynamic_cast<const RetinaNet*>(&network);
  StoredTensors stored = by_names_of_network(weights, retina, classifier);
  const std::vector<std::string> unfolded = unfold(network, stored);
  NamedTensors live;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    live.emplace(name, tensor);
  };
  compute::for_each_parameter(network, add);
  compute::for_each_buffer(network, add);

  TakenWeights taken;
  std::vector<std::string> missing, left_over;
  std::set<std::string> misshapen;  // a folded bias is the shape of several tensors
  std::vector<std::pair<torch::Tensor, Stored>> copies;
  for (const auto& [name, target] : live) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      if (core::ends_with(name, "num_batches_tracked") || has_prefix(family.optional, name)) {
        continue;
      }
      const bool beside = classifier && !core::starts_with(name, "backbone.body.");
      (beside ? taken.drawn : missing).push_back(name);
      continue;
    }
    const auto& [tensor, name_in_file] = found->second;
    if (tensor.sizes() == target.sizes() &&
        tensor.is_floating_point() == target.is_floating_point()) {
      copies.emplace_back(target, found->second);
    } else if (has_prefix(family.of_classes, name)) {
      taken.drawn.push_back(name);
    } else {
      misshapen.insert(core::printable(name_in_file));
    }
  }
  for (const auto& [name, from] : stored) {
    if (live.count(name) == 0 && !has_prefix(family.passed_over, name)) {
      left_over.push_back(core::printable(from.name));
    }
  }
  std::string problems;
  add_list(problems, "missing", missing);
  add_list(problems, "of another shape", {misshapen.begin(), misshapen.end()});
  add_list(problems, "left over", left_over);
  if (!problems.empty()) throw Error::untrusted(file, "does not fit the network: " + problems);
  for (auto& [target, from] : copies) {
    from.tensor = from.tensor.to(target.scalar_type());
    if (!torch::isfinite(from.tensor).all().item<bool>()) {
      throw Error::untrusted(
          file, fmt::format("tensor '{}' has NaN or infinite values", core::printable(from.name)));
    }
  }
  for (const auto& [target, from] : copies) target.copy_(from.tensor);
  for (const std::string& name : unfolded) {
    const auto& drawn = taken.drawn;
    if (std::find(drawn.begin(), drawn.end(), name + ".weight") == drawn.end()) {
      taken.unfolded.push_back(name);
    }
  }
  return taken;
}

}  // namespace ersatz::models
