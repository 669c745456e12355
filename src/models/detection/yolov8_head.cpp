#include "models/detection/yolov8_head.h"

#include <torch/types.h>

#include <algorithm>
#include <string>

#include "models/module_group.h"

namespace ersatz::models {

namespace {}  // namespace

HeadBranch::HeadBranch(std::int64_t in, std::int64_t middle, std::int64_t out, bool folded)
    : first_(register_module("0", std::make_shared<ConvUnit>(in, middle, 3, 1, folded))),
      second_(register_module("1", std::make_shared<ConvUnit>(middle, middle, 3, 1, folded))),
      last_(register_module("2", std::make_shared<BiasedConv>(middle, out, 1))) {}

torch::Tensor HeadBranch::forward(const torch::Tensor& x) {
  return last_->forward(second_->forward(first_->forward(x)));
}

Yolov8Head::Yolov8Head(const Yolov8Config& config, const std::array<std::int64_t, 3>& channels,
                       std::int64_t prototype_channels) {
  const auto add = [&](const char* name, std::int64_t middle, std::int64_t out) {
    std::array<std::shared_ptr<HeadBranch>, 3> branches;
    const auto list = register_module(name, std::make_shared<ModuleGroup>());
    for (std::size_t i = 0; i < branches.size(); ++i) {
      branches[i] = list->register_module(
          std::to_string(i), std::make_shared<HeadBranch>(channels[i], middle, out, config.folded));
    }
    return branches;
  };
  constexpr std::int64_t kBoxes = 4 * kYolov8Bins;
  boxes_ = add("cv2", std::max<std::int64_t>({16, channels[0] / 4, kBoxes}), kBoxes);
  classes_ = add("cv3", std::max(channels[0], std::min<std::int64_t>(config.classes, 100)),
                 config.classes);
  const auto bins = register_module("dfl", std::make_shared<ModuleGroup>())
                        ->register_module("conv", std::make_shared<ModuleGroup>());
  bins->register_buffer("weight",
                        torch::arange(kYolov8Bins, torch::kFloat32).view({1, kYolov8Bins, 1, 1}));
  if (!config.masks) return;
  prototypes_ =
      register_module("proto", std::make_shared<MaskPrototypes>(channels[0], prototype_channels,
                                                                config.prototypes, config.folded));
  coefficients_ = add("cv4", std::max(channels[0] / 4, config.prototypes), config.prototypes);
}

DetectorMaps Yolov8Head::forward(const std::array<torch::Tensor, 3>& levels) {
  DetectorMaps maps;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    DetectorMaps::Level level;
    level.stride = kYolov8Strides[i];
    level.boxes = boxes_[i]->forward(levels[i]);
    level.classes = classes_[i]->forward(levels[i]);
    if (prototypes_) level.coefficients = coefficients_[i]->forward(levels[i]);
    maps.levels.push_back(std::move(level));
  }
  if (prototypes_) maps.prototypes = prototypes_->forward(levels[0]);
  return maps;
}

}  // namespace ersatz::models
