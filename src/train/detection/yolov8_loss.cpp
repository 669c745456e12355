#include "train/detection/yolov8_loss.h"

#include <torch/nn/functional/loss.h>
#include <torch/types.h>

#include "models/detection/box_decode.h"
#include "train/detection/box_loss.h"

namespace ersatz::train {

namespace {

namespace F = torch::nn::functional;

// [B, C, h, w] of all levels as float32 [B, A, C].
torch::Tensor all_cells(const models::DetectorMaps& maps,
                        torch::Tensor models::DetectorMaps::Level::*member) {
  std::vector<torch::Tensor> parts;
  for (const models::DetectorMaps::Level& level : maps.levels) {
    parts.push_back((level.*member).permute({0, 2, 3, 1}).flatten(1, 2).to(torch::kFloat32));
  }
  return torch::cat(parts, 1);
}

}  // namespace

DetectionLosses Yolov8Loss::operator()(const models::DetectorMaps& maps,
                                       const DetectionTargets& targets,
                                       std::int64_t /*size*/) const {
  const torch::Tensor sides = all_cells(maps, &models::DetectorMaps::Level::boxes);
  const torch::Tensor classes = all_cells(maps, &models::DetectorMaps::Level::classes);
  const std::int64_t batch = sides.size(0), places = sides.size(1), bins = sides.size(2) / 4;
  std::vector<models::CellGrid> grids;
  for (const models::DetectorMaps::Level& level : maps.levels) {
    grids.push_back({level.boxes.size(2), level.boxes.size(3), level.stride});
  }
  const models::CellCentres cells = models::cell_centres(grids, sides.options());
  Assignment assignment;
  {
    const torch::NoGradGuard no_grad;
    assignment = assign_tasks(torch::sigmoid(classes), models::boxes_of_bins(sides, grids),
                              cells.points * cells.strides, targets, options_.assigner);
  }
  const torch::Tensor weights = assignment.weights;               // [B, A]
  const torch::Tensor objects = assignment.objects.clamp_min(0);  // [B, A]
  const torch::Tensor found = assignment.objects.ge(0);
  const torch::Tensor sum = weights.sum().clamp_min(1);
  const torch::Tensor known = targets.classes.to(sides.device(), true).gather(1, objects);
  const torch::Tensor wanted =
      torch::zeros_like(classes).scatter(2, known.unsqueeze(2), weights.unsqueeze(2));
  const torch::Tensor class_loss =
      F::binary_cross_entropy_with_logits(
          classes, wanted, F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kSum)) /
      sum;

  // Corners of the objects in cells, and of what is predicted. On the CPU only of places that have
  // an object; elsewhere of all, with weight 0, which needs no number from the device.
  torch::Tensor corners = targets.boxes.to(sides.device(), true)
                              .gather(1, objects.unsqueeze(2).expand({batch, places, 4}))
                              .div(cells.strides)
                              .flatten(0, 1);
  torch::Tensor logits = sides.flatten(0, 1), points = cells.points.repeat({batch, 1});
  torch::Tensor weight = (weights * found).flatten();
  if (sides.is_cpu()) {
    const torch::Tensor rows = found.flatten().nonzero().squeeze(1);
    corners = corners.index_select(0, rows);
    logits = logits.index_select(0, rows);
    points = points.index_select(0, rows);
    weight = weight.index_select(0, rows);
  }
  const std::vector<torch::Tensor> reach =
      models::expected_distances(logits.unsqueeze(0), bins).squeeze(0).chunk(2, 1);
  const torch::Tensor boxes = torch::cat({points - reach[0], points + reach[1]}, 1);
  const torch::Tensor box_loss = ((1 - complete_overlap(boxes, corners)) * weight).sum() / sum;
  const torch::Tensor distances =
      torch::cat({points - corners.narrow(1, 0, 2), corners.narrow(1, 2, 2) - points}, 1)
          .clamp(0, static_cast<double>(bins - 1) - 0.01);
  const torch::Tensor distribution_loss =
      (distribution_focal_loss(logits.view({-1, 4, bins}), distances) * weight).sum() / sum;

  const std::vector<torch::Tensor> parts = {box_loss * options_.box, class_loss * options_.classes,
                                            distribution_loss * options_.distribution};
  DetectionLosses losses;
  losses.total = (parts[0] + parts[1] + parts[2]) * batch;
  for (const torch::Tensor& part : parts) losses.parts.push_back(part.detach());
  return losses;
}

}  // namespace ersatz::train
