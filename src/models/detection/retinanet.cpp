#include "models/detection/retinanet.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "compute/torch_shim.h"
#include "core/error.h"
#include "models/detection/anchors.h"
#include "models/detection/retina_head.h"
#include "models/initialise.h"
#include "models/module_group.h"

namespace ersatz::models {

namespace {

constexpr double kPrior = 0.01;  // probability of an object at the beginning

void check(const RetinaNetConfig& config) {
  if (config.classes < 1 || config.classes > 10'000) {
    throw core::Error::usage(
        fmt::format("a detector of {} classes: 1 to 10000 are possible", config.classes));
  }
  if (!(config.smallest_anchor >= 4 && config.smallest_anchor <= 256)) {
    throw core::Error::usage(
        fmt::format("smallest anchors of {} px: 4 to 256 are possible", config.smallest_anchor));
  }
  if (config.version != 1 && config.version != 2) {
    throw core::Error::usage(fmt::format("RetinaNet has versions 1 and 2, not {}", config.version));
  }
}

}  // namespace

RetinaNet::RetinaNet(const RetinaNetConfig& config, std::uint64_t seed) : config_(config) {
  check(config);
  const auto backbone = register_module("backbone", std::make_shared<ModuleGroup>());
  body_ = backbone->register_module("body", std::make_shared<ResNetBody>(config.layers, seed));
  const auto pyramid = backbone->register_module("fpn", std::make_shared<ModuleGroup>());
  const auto inner = pyramid->register_module("inner_blocks", std::make_shared<ModuleGroup>());
  const auto layer = pyramid->register_module("layer_blocks", std::make_shared<ModuleGroup>());
  for (std::size_t i = 0; i < inner_.size(); ++i) {
    const std::string at = std::to_string(i);
    inner_[i] = inner->register_module(
        at, std::make_shared<BiasedConv>(body_->channels()[i], kRetinaWidth, std::int64_t{1}));
    layer_[i] =
        layer->register_module(at, std::make_shared<BiasedConv>(kRetinaWidth, kRetinaWidth, 3));
  }
  const auto extra = pyramid->register_module("extra_blocks", std::make_shared<ModuleGroup>());
  const bool second = config.version == 2;
  p6_ = extra->register_module(
      "p6", std::make_shared<BiasedConv>(second ? body_->channels()[2] : kRetinaWidth, kRetinaWidth,
                                         3, 2));
  p7_ =
      extra->register_module("p7", std::make_shared<BiasedConv>(kRetinaWidth, kRetinaWidth, 3, 2));
  const auto head = register_module("head", std::make_shared<ModuleGroup>());
  classes_head_ = head->register_module(
      "classification_head",
      std::make_shared<RetinaHead>("cls_logits", kRetinaAnchors * config.classes, second));
  boxes_head_ = head->register_module(
      "regression_head", std::make_shared<RetinaHead>("bbox_reg", kRetinaAnchors * 4, second));
  const torch::NoGradGuard no_grad;
  compute::for_each_parameter(*this, [&](const std::string& name, torch::Tensor tensor) {
    if (name.compare(0, 14, "backbone.body.") == 0) return;
    if (tensor.dim() == 1) {
      if (name.find(".1.weight") != std::string::npos) return;  // of a normalisation: 1
      tensor.zero_();
      if (name == "head.classification_head.cls_logits.bias") {
        tensor.fill_(-std::log((1 - kPrior) / kPrior));
      }
    } else if (name.compare(0, 5, "head.") == 0) {
      tensor.copy_(normal_weights(tensor.sizes().vec(), 0.01, seed, name));
    } else {
      const double bound = std::sqrt(3 / static_cast<double>(tensor[0].numel()));
      tensor.copy_(uniform_weights(tensor.sizes().vec(), bound, seed, name));
    }
  });
  eval();
}

DetectorMaps RetinaNet::maps(const torch::Tensor& images) {
  TORCH_CHECK(images.dim() == 4 && images.size(1) == 3 && images.size(2) % stride() == 0 &&
                  images.size(3) % stride() == 0 && images.numel() > 0,
              "RetinaNet: images must be [B, 3, H, W] with H and W multiples of 32, got ",
              images.sizes());
  const auto of_channels = [&](float r, float g, float b) {
    return torch::tensor({r, g, b}).view({1, 3, 1, 1}).to(images.device(), true);
  };
  const torch::Tensor normal =
      (images - of_channels(0.485F, 0.456F, 0.406F)) / of_channels(0.229F, 0.224F, 0.225F);
  const std::array<torch::Tensor, 3> stages = body_->forward(normal);
  std::vector<torch::Tensor> levels(3);
  torch::Tensor x;
  for (std::size_t i = stages.size(); i-- > 0;) {
    const torch::Tensor lateral = inner_[i]->forward(stages[i]);
    x = x.defined() ? lateral + torch::upsample_nearest2d(x, {lateral.size(2), lateral.size(3)})
                    : lateral;
    levels[i] = layer_[i]->forward(x);
  }
  levels.push_back(p6_->forward(config_.version == 2 ? stages[2] : levels[2]));
  levels.push_back(p7_->forward(torch::relu(levels[3])));
  DetectorMaps maps;
  for (const torch::Tensor& features : levels) {
    DetectorMaps::Level level;
    level.stride = images.size(2) / features.size(2);
    level.classes = classes_head_->forward(features);
    level.boxes = boxes_head_->forward(features);
    maps.levels.push_back(std::move(level));
  }
  return maps;
}

torch::Tensor RetinaNet::anchors(const DetectorMaps& maps) const {
  std::vector<MapSize> sizes;
  for (const DetectorMaps::Level& level : maps.levels) {
    sizes.push_back({level.boxes.size(2), level.boxes.size(3)});
  }
  return retina_anchors(
      sizes, config_.smallest_anchor,
      torch::TensorOptions(torch::kFloat32).device(maps.levels[0].boxes.device()));
}

torch::Tensor anchor_rows(const DetectorMaps& maps, torch::Tensor DetectorMaps::Level::*member) {
  std::vector<torch::Tensor> parts;
  for (const DetectorMaps::Level& level : maps.levels) {
    const torch::Tensor& map = level.*member;
    const std::int64_t b = map.size(0), c = map.size(1) / kRetinaAnchors;
    parts.push_back(map.permute({0, 2, 3, 1}).reshape({b, -1, c}).to(torch::kFloat32));
  }
  return torch::cat(parts, 1);
}

Predictions RetinaNet::decode(const DetectorMaps& maps) const {
  Predictions predictions;
  predictions.boxes = decode_boxes(anchor_rows(maps, &DetectorMaps::Level::boxes), anchors(maps));
  predictions.scores = torch::sigmoid(anchor_rows(maps, &DetectorMaps::Level::classes));
  return predictions;
}

}  // namespace ersatz::models
