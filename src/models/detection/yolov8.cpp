#include "models/detection/yolov8.h"

#include <torch/types.h>

#include <cmath>
#include <string>

#include "compute/join_channels.h"
#include "compute/torch_shim.h"
#include "models/detection/box_decode.h"
#include "models/detection/yolov8_head.h"
#include "models/initialise.h"
#include "models/module_group.h"

namespace ersatz::models {

namespace {

// [B, C, h, w] as [B, cells, C]: a view of channels-last maps.
torch::Tensor cells(const torch::Tensor& map) { return map.permute({0, 2, 3, 1}).flatten(1, 2); }

}  // namespace

Yolov8::Yolov8(const Yolov8Config& config) : config_(config) {
  check_yolov8_config(config);
  const Yolov8Sizes sizes(config.scale);
  const auto model = register_module("model", std::make_shared<ModuleGroup>());
  const auto unit = [&](int number, std::int64_t in, std::int64_t out) {
    return model->register_module(std::to_string(number),
                                  std::make_shared<ConvUnit>(in, out, 3, 2, config.folded));
  };
  const auto block = [&](int number, std::int64_t in, std::int64_t out, std::int64_t base,
                         bool shortcut) {
    return model->register_module(
        std::to_string(number),
        std::make_shared<C2f>(in, out, sizes.repeats(base), shortcut, config.folded));
  };
  const std::int64_t c1 = sizes.channels(64), c2 = sizes.channels(128), c3 = sizes.channels(256),
                     c4 = sizes.channels(512), c5 = sizes.channels(1024);
  stem_[0] = unit(0, 3, c1);
  stem_[1] = unit(1, c1, c2);
  stages_[0] = block(2, c2, c2, 3, true);
  stem_[2] = unit(3, c2, c3);
  stages_[1] = block(4, c3, c3, 6, true);
  stem_[3] = unit(5, c3, c4);
  stages_[2] = block(6, c4, c4, 6, true);
  stem_[4] = unit(7, c4, c5);
  stages_[3] = block(8, c5, c5, 3, true);
  sppf_ = model->register_module("9", std::make_shared<Sppf>(c5, config.folded));
  neck_[0] = block(12, c5 + c4, c4, 3, false);
  neck_[1] = block(15, c4 + c3, c3, 3, false);
  down_[0] = unit(16, c3, c3);
  neck_[2] = block(18, c3 + c4, c4, 3, false);
  down_[1] = unit(19, c4, c4);
  neck_[3] = block(21, c4 + c5, c5, 3, false);
  head_ = model->register_module(
      "22", std::make_shared<Yolov8Head>(config, std::array<std::int64_t, 3>{c3, c4, c5}, c3));
  eval();
}

DetectorMaps Yolov8::maps(const torch::Tensor& images) {
  TORCH_CHECK(images.dim() == 4 && images.size(1) == 3 && images.size(2) % stride() == 0 &&
                  images.size(3) % stride() == 0 && images.numel() > 0,
              "YOLOv8: images must be [B, 3, H, W] with H and W multiples of 32, got ",
              images.sizes());
  torch::Tensor x = stem_[0]->forward(images.contiguous(torch::MemoryFormat::ChannelsLast));
  std::array<torch::Tensor, 4> kept;  // strides 4, 8, 16, 32
  for (std::size_t i = 0; i < kept.size(); ++i) {
    x = kept[i] = stages_[i]->forward(stem_[i + 1]->forward(x));
  }
  const torch::Tensor deep = sppf_->forward(x);
  const torch::Tensor middle = neck_[0]->forward(compute::join_channels({{deep, true}, {kept[2]}}));
  const torch::Tensor fine = neck_[1]->forward(compute::join_channels({{middle, true}, {kept[1]}}));
  const torch::Tensor second =
      neck_[2]->forward(compute::join_channels({{down_[0]->forward(fine)}, {middle}}));
  const torch::Tensor third =
      neck_[3]->forward(compute::join_channels({{down_[1]->forward(second)}, {deep}}));
  return head_->forward({fine, second, third});
}

Predictions Yolov8::decode(const DetectorMaps& maps) const {
  std::vector<torch::Tensor> boxes, scores, coefficients;
  for (const DetectorMaps::Level& level : maps.levels) {
    const CellGrid grid{level.boxes.size(2), level.boxes.size(3), level.stride};
    boxes.push_back(boxes_of_bins(cells(level.boxes), {grid}));
    scores.push_back(torch::sigmoid(cells(level.classes)));
    if (level.coefficients.defined()) coefficients.push_back(cells(level.coefficients));
  }
  Predictions predictions;
  predictions.boxes = torch::cat(boxes, 1);
  predictions.scores = torch::cat(scores, 1);
  if (!coefficients.empty()) {
    predictions.coefficients = torch::cat(coefficients, 1);
    predictions.prototypes = maps.prototypes;
  }
  return predictions;
}

void initialise_yolov8(Yolov8& network, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const auto ends = [](const std::string& name, const std::string& end) {
    return name.size() >= end.size() &&
           name.compare(name.size() - end.size(), end.size(), end) == 0;
  };
  double bound = 0;
  // A weight comes before its bias.
  compute::for_each_parameter(network, [&](const std::string& name, torch::Tensor tensor) {
    const bool norm = name.find(".bn.") != std::string::npos;
    if (norm) {
      tensor.fill_(ends(name, ".weight") ? 1.0 : 0.0);
    } else if (tensor.dim() == 4) {
      bound = 1 / std::sqrt(static_cast<double>(tensor[0].numel()));
      tensor.copy_(uniform_weights(tensor.sizes().vec(), bound, seed, name));
    } else {
      tensor.copy_(uniform_weights(tensor.sizes().vec(), bound, seed, name));
    }
    for (std::size_t i = 0; i < kYolov8Strides.size(); ++i) {
      const double side = 640.0 / static_cast<double>(kYolov8Strides[i]);
      if (name == "model.22.cv2." + std::to_string(i) + ".2.bias") tensor.fill_(1.0);
      if (name == "model.22.cv3." + std::to_string(i) + ".2.bias") {
        tensor.fill_(std::log(5 / static_cast<double>(network.classes()) / (side * side)));
      }
    }
  });
}

}  // namespace ersatz::models
