#include "models/detection/yolov5.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "compute/join_channels.h"
#include "compute/torch_shim.h"
#include "core/error.h"
#include "models/initialise.h"
#include "models/module_group.h"

namespace ersatz::models {

namespace {

struct Scale {
  char name;
  double depth, width;
};
constexpr Scale kScales[] = {
    {'n', 0.33, 0.25}, {'s', 0.33, 0.50}, {'m', 0.67, 0.75}, {'l', 1.00, 1.00}, {'x', 1.33, 1.25}};

const Scale* find_scale(char name) {
  for (const Scale& scale : kScales) {
    if (scale.name == name) return &scale;
  }
  return nullptr;
}

std::int64_t channels_of(const Scale& scale, std::int64_t base) {
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(base) * scale.width / 8)) * 8;
}

std::int64_t repeats_of(const Scale& scale, std::int64_t base) {
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::nearbyint(static_cast<double>(base) * scale.depth)));
}

// Width and height in px, level by level (yolov5s.yaml).
torch::Tensor anchor_sizes() {
  return torch::tensor({10.0F, 13.0F, 16.0F, 30.0F, 33.0F, 23.0F, 30.0F, 61.0F, 62.0F, 45.0F, 59.0F,
                        119.0F, 116.0F, 90.0F, 156.0F, 198.0F, 373.0F, 326.0F})
      .view({3, 3, 2});
}

}  // namespace

// 1x1, then 3x3, the input added when `shortcut`: "cv1", "cv2".
class ThinBottleneck : public torch::nn::Module {
 public:
  ThinBottleneck(std::int64_t channels, bool shortcut)
      : shortcut_(shortcut),
        first_(register_module("cv1", std::make_shared<ConvUnit>(channels, channels, 1, 1, false))),
        second_(
            register_module("cv2", std::make_shared<ConvUnit>(channels, channels, 3, 1, false))) {}
  torch::Tensor forward(const torch::Tensor& x) {
    return second_->forward(first_->forward(x), shortcut_ ? x : torch::Tensor());
  }

 private:
  bool shortcut_;
  std::shared_ptr<ConvUnit> first_, second_;
};

// "cv1" and bottlenecks "m.<i>" beside "cv2", both of half the channels; "cv3" of the two.
class C3 : public torch::nn::Module {
 public:
  C3(std::int64_t in, std::int64_t out, std::int64_t repeats, bool shortcut) {
    const std::int64_t half = out / 2;
    first_ = register_module("cv1", std::make_shared<ConvUnit>(in, half, 1, 1, false));
    beside_ = register_module("cv2", std::make_shared<ConvUnit>(in, half, 1, 1, false));
    last_ = register_module("cv3", std::make_shared<ConvUnit>(2 * half, out, 1, 1, false));
    const auto list = register_module("m", std::make_shared<ModuleGroup>());
    for (std::int64_t i = 0; i < repeats; ++i) {
      bottlenecks_.push_back(list->register_module(
          std::to_string(i), std::make_shared<ThinBottleneck>(half, shortcut)));
    }
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = first_->forward(x);
    for (const auto& bottleneck : bottlenecks_) y = bottleneck->forward(y);
    return last_->forward(compute::join_channels({{y}, {beside_->forward(x)}}));
  }

 private:
  std::shared_ptr<ConvUnit> first_, beside_, last_;
  std::vector<std::shared_ptr<ThinBottleneck>> bottlenecks_;
};

void check_yolov5_config(const Yolov5Config& config) {
  if (find_scale(config.scale) == nullptr) {
    throw core::Error::usage(fmt::format("YOLOv5 of scale '{}': n, s, m, l or x", config.scale));
  }
  if (config.classes < 1 || config.classes > 10'000) {
    throw core::Error::usage(
        fmt::format("a detector of {} classes: 1 to 10000 are possible", config.classes));
  }
}

Yolov5::Yolov5(const Yolov5Config& config) : config_(config) {
  check_yolov5_config(config);
  const Scale& scale = *find_scale(config.scale);
  const auto model = register_module("model", std::make_shared<ModuleGroup>());
  const auto unit = [&](int number, std::int64_t in, std::int64_t out, std::int64_t kernel,
                        std::int64_t stride, std::int64_t padding = -1) {
    return model->register_module(
        std::to_string(number),
        std::make_shared<ConvUnit>(in, out, kernel, stride, false, padding));
  };
  const auto block = [&](int number, std::int64_t in, std::int64_t out, std::int64_t base,
                         bool shortcut) {
    return model->register_module(std::to_string(number),
                                  std::make_shared<C3>(in, out, repeats_of(scale, base), shortcut));
  };
  const std::int64_t c1 = channels_of(scale, 64), c2 = channels_of(scale, 128),
                     c3 = channels_of(scale, 256), c4 = channels_of(scale, 512),
                     c5 = channels_of(scale, 1024);
  stem_[0] = unit(0, 3, c1, 6, 2, 2);
  stem_[1] = unit(1, c1, c2, 3, 2);
  stages_[0] = block(2, c2, c2, 3, true);
  stem_[2] = unit(3, c2, c3, 3, 2);
  stages_[1] = block(4, c3, c3, 6, true);
  stem_[3] = unit(5, c3, c4, 3, 2);
  stages_[2] = block(6, c4, c4, 9, true);
  stem_[4] = unit(7, c4, c5, 3, 2);
  stages_[3] = block(8, c5, c5, 3, true);
  sppf_ = model->register_module("9", std::make_shared<Sppf>(c5, false));
  lateral_[0] = unit(10, c5, c4, 1, 1);
  neck_[0] = block(13, 2 * c4, c4, 3, false);
  lateral_[1] = unit(14, c4, c3, 1, 1);
  neck_[1] = block(17, 2 * c3, c3, 3, false);
  down_[0] = unit(18, c3, c3, 3, 2);
  neck_[2] = block(20, 2 * c3, c4, 3, false);
  down_[1] = unit(21, c4, c4, 3, 2);
  neck_[3] = block(23, 2 * c4, c5, 3, false);
  const auto detect = model->register_module("24", std::make_shared<ModuleGroup>());
  const auto list = detect->register_module("m", std::make_shared<ModuleGroup>());
  const std::array<std::int64_t, 3> levels = {c3, c4, c5};
  for (std::size_t i = 0; i < head_.size(); ++i) {
    head_[i] = list->register_module(
        std::to_string(i), std::make_shared<BiasedConv>(
                               levels[i], kYolov5Anchors * (5 + config.classes), std::int64_t{1}));
  }
  const torch::Tensor strides = torch::tensor({8.0F, 16.0F, 32.0F}).view({3, 1, 1});
  anchors_ = detect->register_buffer("anchors", anchor_sizes() / strides);
  eval();
}

DetectorMaps Yolov5::maps(const torch::Tensor& images) {
  TORCH_CHECK(images.dim() == 4 && images.size(1) == 3 && images.size(2) % stride() == 0 &&
                  images.size(3) % stride() == 0 && images.numel() > 0,
              "YOLOv5: images must be [B, 3, H, W] with H and W multiples of 32, got ",
              images.sizes());
  torch::Tensor x = stem_[0]->forward(images.contiguous(torch::MemoryFormat::ChannelsLast));
  std::array<torch::Tensor, 4> kept;  // strides 4, 8, 16, 32
  for (std::size_t i = 0; i < kept.size(); ++i) {
    x = kept[i] = stages_[i]->forward(stem_[i + 1]->forward(x));
  }
  const torch::Tensor deep = lateral_[0]->forward(sppf_->forward(x));
  const torch::Tensor middle =
      lateral_[1]->forward(neck_[0]->forward(compute::join_channels({{deep, true}, {kept[2]}})));
  const torch::Tensor fine = neck_[1]->forward(compute::join_channels({{middle, true}, {kept[1]}}));
  const torch::Tensor second =
      neck_[2]->forward(compute::join_channels({{down_[0]->forward(fine)}, {middle}}));
  const torch::Tensor third =
      neck_[3]->forward(compute::join_channels({{down_[1]->forward(second)}, {deep}}));
  const std::array<torch::Tensor, 3> levels = {fine, second, third};
  DetectorMaps maps;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    DetectorMaps::Level level;
    level.stride = kYolov5Strides[i];
    level.boxes = head_[i]->forward(levels[i]);
    maps.levels.push_back(std::move(level));
  }
  return maps;
}

Predictions Yolov5::decode(const DetectorMaps& maps) const {
  std::vector<torch::Tensor> boxes, scores;
  for (std::size_t i = 0; i < maps.levels.size(); ++i) {
    const DetectorMaps::Level& level = maps.levels[i];
    const std::int64_t b = level.boxes.size(0), h = level.boxes.size(2), w = level.boxes.size(3);
    const torch::Tensor y = torch::sigmoid(level.boxes.to(torch::kFloat32)
                                               .view({b, kYolov5Anchors, 5 + classes(), h, w})
                                               .permute({0, 1, 3, 4, 2}));
    const torch::Tensor columns = torch::arange(w, y.options()).view({1, w}).expand({h, w});
    const torch::Tensor rows = torch::arange(h, y.options()).view({h, 1}).expand({h, w});
    const torch::Tensor corners = torch::stack({columns, rows}, 2);  // of the cells, x and y
    const torch::Tensor anchors =
        anchors_[static_cast<std::int64_t>(i)].view({1, kYolov5Anchors, 1, 1, 2});
    const auto stride = static_cast<double>(level.stride);
    const torch::Tensor middle = (y.narrow(4, 0, 2) * 2 - 0.5 + corners) * stride;
    const torch::Tensor half = (y.narrow(4, 2, 2) * 2).square() * anchors * (stride / 2);
    boxes.push_back(torch::cat({middle - half, middle + half}, 4).flatten(1, 3));
    scores.push_back((y.narrow(4, 4, 1) * y.narrow(4, 5, classes())).flatten(1, 3));
  }
  Predictions predictions;
  predictions.boxes = torch::cat(boxes, 1);
  predictions.scores = torch::cat(scores, 1);
  return predictions;
}

void initialise_yolov5(Yolov5& network, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  double bound = 0;
  // A weight comes before its bias.
  compute::for_each_parameter(network, [&](const std::string& name, torch::Tensor tensor) {
    if (name.find(".bn.") != std::string::npos) {
      tensor.fill_(name.compare(name.size() - 7, 7, ".weight") == 0 ? 1.0 : 0.0);
      return;
    }
    if (tensor.dim() == 4) bound = 1 / std::sqrt(static_cast<double>(tensor[0].numel()));
    tensor.copy_(uniform_weights(tensor.sizes().vec(), bound, seed, name));
    for (std::size_t i = 0; i < kYolov5Strides.size(); ++i) {
      if (name != "model.24.m." + std::to_string(i) + ".bias") continue;
      const double side = 640.0 / static_cast<double>(kYolov5Strides[i]);
      torch::Tensor bias = tensor.view({kYolov5Anchors, -1});
      bias.select(1, 4).add_(std::log(8 / (side * side)));
      bias.narrow(1, 5, network.classes())
          .add_(std::log(0.6 / (static_cast<double>(network.classes()) - 0.99999)));
    }
  });
}

}  // namespace ersatz::models
