#include "train/detection/yolov5_loss.h"

#include <torch/nn/functional/loss.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "models/detection/yolov5.h"
#include "train/detection/box_loss.h"

namespace ersatz::train {

namespace {

namespace F = torch::nn::functional;

torch::Tensor logistic(const torch::Tensor& logits, const torch::Tensor& wanted) {
  return F::binary_cross_entropy_with_logits(logits, wanted);
}

torch::Tensor index_tensor(const std::vector<std::int64_t>& values, const c10::Device& device) {
  return torch::tensor(values, torch::kInt64).to(device, /*non_blocking=*/true);
}

// [size] with the largest of the values [N] at each of their places, 0 elsewhere.
torch::Tensor best_at(const std::vector<std::int64_t>& places, const torch::Tensor& values,
                      std::int64_t size) {
  std::map<std::int64_t, std::vector<std::int64_t>> at;
  std::size_t most = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::vector<std::int64_t>& here = at[places[i]];
    here.push_back(static_cast<std::int64_t>(i));
    most = std::max(most, here.size());
  }
  // A row of `most` values for each place; a 0 behind the values fills it up.
  std::vector<std::int64_t> taken, rows;
  for (auto& [place, here] : at) {
    here.resize(most, values.size(0));
    taken.push_back(place);
    rows.insert(rows.end(), here.begin(), here.end());
  }
  const torch::Tensor filled = torch::cat({values, torch::zeros({1}, values.options())});
  const torch::Tensor best = filled.index_select(0, index_tensor(rows, values.device()))
                                 .view({-1, static_cast<std::int64_t>(most)})
                                 .amax(1);
  return torch::zeros({size}, values.options())
      .scatter(0, index_tensor(taken, values.device()), best);
}

void add_match(AnchorMatches& matches, std::int64_t picture, std::int64_t anchor, std::int64_t row,
               std::int64_t column, std::int64_t class_index, const float* middle_and_size) {
  matches.pictures.push_back(picture);
  matches.anchors.push_back(anchor);
  matches.rows.push_back(row);
  matches.columns.push_back(column);
  matches.classes.push_back(class_index);
  matches.boxes.insert(matches.boxes.end(), {middle_and_size[0] - static_cast<float>(column),
                                             middle_and_size[1] - static_cast<float>(row),
                                             middle_and_size[2], middle_and_size[3]});
}

}  // namespace

AnchorMatches match_yolov5(const DetectionTargets& targets, const float* anchors,
                           std::int64_t stride, std::int64_t height, std::int64_t width,
                           double ratio) {
  AnchorMatches matches;
  const std::int64_t most = targets.boxes.size(1);
  const float* corners = targets.boxes.data_ptr<float>();
  const auto* classes = targets.classes.data_ptr<std::int64_t>();
  const auto cell = static_cast<float>(stride);
  for (std::int64_t b = 0; b < targets.pictures(); ++b) {
    for (std::int64_t m = 0; m < targets.counts[static_cast<std::size_t>(b)]; ++m) {
      const float* c = corners + 4 * (b * most + m);
      const float box[4] = {(c[0] + c[2]) / 2 / cell, (c[1] + c[3]) / 2 / cell,
                            (c[2] - c[0]) / cell, (c[3] - c[1]) / cell};
      const auto column = std::clamp<std::int64_t>(static_cast<std::int64_t>(box[0]), 0, width - 1);
      const auto row = std::clamp<std::int64_t>(static_cast<std::int64_t>(box[1]), 0, height - 1);
      const float x = box[0] - std::floor(box[0]), y = box[1] - std::floor(box[1]);
      for (std::int64_t a = 0; a < models::kYolov5Anchors; ++a) {
        const float w = box[2] / anchors[2 * a], h = box[3] / anchors[2 * a + 1];
        if (!(std::max({w, 1 / w, h, 1 / h}) < static_cast<float>(ratio))) continue;
        const std::int64_t k = classes[b * most + m];
        add_match(matches, b, a, row, column, k, box);
        if (x < 0.5F && box[0] > 1) add_match(matches, b, a, row, column - 1, k, box);
        if (y < 0.5F && box[1] > 1) add_match(matches, b, a, row - 1, column, k, box);
        if (x > 0.5F && column + 1 < width) add_match(matches, b, a, row, column + 1, k, box);
        if (y > 0.5F && row + 1 < height) add_match(matches, b, a, row + 1, column, k, box);
      }
    }
  }
  return matches;
}

Yolov5Loss::Yolov5Loss(const torch::Tensor& anchors, std::int64_t classes,
                       const Yolov5LossOptions& options)
    : anchors_(anchors.detach().to(torch::kCPU, torch::kFloat32).contiguous().clone()),
      classes_(classes),
      options_(options) {}

DetectionLosses Yolov5Loss::operator()(const models::DetectorMaps& maps,
                                       const DetectionTargets& targets, std::int64_t size) const {
  const auto device = maps.levels.front().boxes.device();
  const auto zero = torch::zeros({}, torch::TensorOptions(torch::kFloat32).device(device));
  torch::Tensor box_loss = zero, object_loss = zero, class_loss = zero;
  for (std::size_t i = 0; i < maps.levels.size(); ++i) {
    const models::DetectorMaps::Level& level = maps.levels[i];
    const std::int64_t b = level.boxes.size(0), h = level.boxes.size(2), w = level.boxes.size(3);
    const torch::Tensor said = level.boxes.to(torch::kFloat32)
                                   .view({b, models::kYolov5Anchors, 5 + classes_, h, w})
                                   .permute({0, 1, 3, 4, 2});  // [B, 3, h, w, 5 + classes]
    const float* anchors = anchors_.data_ptr<float>() + 6 * i;
    const AnchorMatches matches =
        match_yolov5(targets, anchors, level.stride, h, w, options_.ratio);
    torch::Tensor wanted = torch::zeros({b * models::kYolov5Anchors * h * w}, zero.options());
    if (matches.size() > 0) {
      const auto n = static_cast<std::int64_t>(matches.size());
      std::vector<std::int64_t> places;
      std::vector<float> sizes;
      for (std::size_t j = 0; j < matches.size(); ++j) {
        places.push_back(((matches.pictures[j] * models::kYolov5Anchors + matches.anchors[j]) * h +
                          matches.rows[j]) *
                             w +
                         matches.columns[j]);
        sizes.push_back(anchors[2 * matches.anchors[j]]);
        sizes.push_back(anchors[2 * matches.anchors[j] + 1]);
      }
      const torch::Tensor at = index_tensor(places, device);
      const torch::Tensor rows = said.reshape({-1, 5 + classes_}).index_select(0, at);
      const torch::Tensor scale = torch::tensor(sizes).view({n, 2}).to(device, true);
      const torch::Tensor box = torch::tensor(matches.boxes).view({n, 4}).to(device, true);
      const torch::Tensor middle = torch::sigmoid(rows.narrow(1, 0, 2)) * 2 - 0.5;
      const torch::Tensor half = (torch::sigmoid(rows.narrow(1, 2, 2)) * 2).square() * scale / 2;
      const torch::Tensor target_half = box.narrow(1, 2, 2) / 2;
      const torch::Tensor overlap = complete_overlap(
          torch::cat({middle - half, middle + half}, 1),
          torch::cat({box.narrow(1, 0, 2) - target_half, box.narrow(1, 0, 2) + target_half}, 1));
      box_loss = box_loss + (1 - overlap).mean();
      wanted = best_at(places, overlap.detach().clamp_min(0), wanted.size(0));
      if (classes_ > 1) {
        const torch::Tensor one =
            torch::one_hot(index_tensor(matches.classes, device), classes_).to(torch::kFloat32);
        class_loss = class_loss + logistic(rows.narrow(1, 5, classes_), one);
      }
    }
    const double balance = options_.balance.at(i);
    object_loss = object_loss + logistic(said.select(4, 4).flatten(), wanted) * balance;
  }
  const double levels = 3.0 / static_cast<double>(maps.levels.size());
  const double area = static_cast<double>(size) / 640;
  const std::vector<torch::Tensor> parts = {
      box_loss * (options_.box * levels), object_loss * (options_.object * area * area * levels),
      class_loss * (options_.classes * static_cast<double>(classes_) / 80 * levels)};
  DetectionLosses losses;
  losses.total = (parts[0] + parts[1] + parts[2]) * targets.pictures();
  for (const torch::Tensor& part : parts) losses.parts.push_back(part.detach());
  return losses;
}

}  // namespace ersatz::train
