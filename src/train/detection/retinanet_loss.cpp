#include "train/detection/retinanet_loss.h"

#include <torch/nn/functional/loss.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "compute/parallel.h"
#include "models/detection/anchors.h"
#include "models/detection/retinanet.h"
#include "train/detection/box_loss.h"

namespace ersatz::train {

namespace {

namespace F = torch::nn::functional;

float overlap_of(const float* a, const float* b) {
  const float width = std::max(0.0F, std::min(a[2], b[2]) - std::max(a[0], b[0]));
  const float height = std::max(0.0F, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  const float both = width * height;
  const float either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
  return both / either;
}

// What the anchors of all pictures are to say.
struct Wanted {
  torch::Tensor classes;  // int64 [B, A]: the class, -1 background, -2 not trained
  torch::Tensor boxes;    // float32 [B, A, 4]: the object's corners; the anchor's where none is
  torch::Tensor weights;  // float32 [B, A]: 1 / (matched anchors of the picture) of trained ones
  torch::Tensor matched;  // float32 [B, A]: the same of matched ones only
};

Wanted wanted_of(const DetectionTargets& targets, const torch::Tensor& anchors,
                 const RetinaNetLossOptions& options) {
  const std::int64_t batch = targets.pictures(), most = targets.boxes.size(1);
  const std::int64_t count = anchors.size(0);
  Wanted wanted{torch::full({batch, count}, kBackgroundAnchors, torch::kInt64),
                anchors.unsqueeze(0).repeat({batch, 1, 1}), torch::zeros({batch, count}),
                torch::zeros({batch, count})};
  const float* anchor = anchors.data_ptr<float>();
  const float* box = targets.boxes.data_ptr<float>();
  const auto* index = targets.classes.data_ptr<std::int64_t>();
  auto* classes = wanted.classes.data_ptr<std::int64_t>();
  float* corners = wanted.boxes.data_ptr<float>();
  float* weights = wanted.weights.data_ptr<float>();
  float* matched = wanted.matched.data_ptr<float>();
  compute::parallel_for(batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::vector<std::int64_t> objects =
          match_anchors(box + 4 * b * most, targets.counts[static_cast<std::size_t>(b)], anchor,
                        count, options.foreground, options.background);
      const auto found = std::count_if(objects.begin(), objects.end(),
                                       [](std::int64_t object) { return object >= 0; });
      const float share = 1 / static_cast<float>(std::max<std::int64_t>(1, found));
      for (std::int64_t a = 0; a < count; ++a) {
        const std::int64_t object = objects[static_cast<std::size_t>(a)], at = b * count + a;
        weights[at] = object == kBetweenAnchors ? 0 : share;
        if (object < 0) {
          classes[at] = object;
          continue;
        }
        classes[at] = index[b * most + object];
        matched[at] = share;
        std::copy_n(box + 4 * (b * most + object), 4, corners + 4 * at);
      }
    }
  });
  return wanted;
}

// [B, A] of codes [B, A, 4]. Boxes of anchors without an object are the anchors themselves, whose
// codes are 0; they have weight 0.
torch::Tensor box_losses(const torch::Tensor& codes, const torch::Tensor& boxes,
                         const torch::Tensor& anchors, const RetinaNetLossOptions& options) {
  if (options.generalised_overlap) {
    return 1 - generalised_overlap(models::decode_boxes(codes, anchors), boxes);
  }
  const torch::Tensor difference = (codes - models::encode_boxes(boxes, anchors)).abs();
  if (options.smooth <= 0) return difference.sum(2);
  return torch::where(difference < options.smooth, difference.square() * (0.5 / options.smooth),
                      difference - 0.5 * options.smooth)
      .sum(2);
}

}  // namespace

std::vector<std::int64_t> match_anchors(const float* boxes, std::int64_t objects,
                                        const float* anchors, std::int64_t count, double foreground,
                                        double background) {
  std::vector<std::int64_t> matches(static_cast<std::size_t>(count), kBackgroundAnchors);
  if (objects == 0) return matches;
  std::vector<float> best(static_cast<std::size_t>(count), -1);
  std::vector<std::int64_t> best_object(static_cast<std::size_t>(count), 0);
  std::vector<std::vector<std::int64_t>> best_anchors;
  for (std::int64_t m = 0; m < objects; ++m) {
    float highest = -1;
    std::vector<std::int64_t> at;
    for (std::int64_t a = 0; a < count; ++a) {
      const float overlap = overlap_of(boxes + 4 * m, anchors + 4 * a);
      const auto i = static_cast<std::size_t>(a);
      if (overlap > best[i]) {
        best[i] = overlap;
        best_object[i] = m;
      }
      if (overlap > highest) {
        highest = overlap;
        at.clear();
      }
      if (overlap == highest) at.push_back(a);
    }
    // An object that no anchor touches has no best one.
    if (highest > 0) best_anchors.push_back(std::move(at));
  }
  for (std::size_t a = 0; a < matches.size(); ++a) {
    if (best[a] >= static_cast<float>(foreground)) {
      matches[a] = best_object[a];
    } else if (best[a] >= static_cast<float>(background)) {
      matches[a] = kBetweenAnchors;
    }
  }
  for (const std::vector<std::int64_t>& of_object : best_anchors) {
    for (const std::int64_t a : of_object) {
      matches[static_cast<std::size_t>(a)] = best_object[static_cast<std::size_t>(a)];
    }
  }
  return matches;
}

torch::Tensor focal_loss(const torch::Tensor& logits, const torch::Tensor& targets, double alpha,
                         double gamma) {
  const torch::Tensor p = torch::sigmoid(logits);
  const torch::Tensor entropy = F::binary_cross_entropy_with_logits(
      logits, targets, F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kNone));
  const torch::Tensor right = p * targets + (1 - p) * (1 - targets);
  const torch::Tensor weight = targets * alpha + (1 - targets) * (1 - alpha);
  return weight * entropy * (1 - right).pow(gamma);
}

DetectionLosses RetinaNetLoss::operator()(const models::DetectorMaps& maps,
                                          const DetectionTargets& targets,
                                          std::int64_t /*size*/) const {
  const torch::Tensor logits = models::anchor_rows(maps, &models::DetectorMaps::Level::classes);
  const torch::Tensor codes = models::anchor_rows(maps, &models::DetectorMaps::Level::boxes);
  const auto device = logits.device();
  std::vector<models::MapSize> sizes;
  for (const models::DetectorMaps::Level& level : maps.levels) {
    sizes.push_back({level.boxes.size(2), level.boxes.size(3)});
  }
  const torch::Tensor anchors = models::retina_anchors(sizes, smallest_anchor_, torch::kFloat32);
  const Wanted wanted = wanted_of(targets, anchors, options_);
  const auto here = [&](const torch::Tensor& tensor) { return tensor.to(device, true); };
  const torch::Tensor classes = here(wanted.classes);
  const torch::Tensor one = torch::zeros_like(logits).scatter(
      2, classes.clamp_min(0).unsqueeze(2), classes.ge(0).to(torch::kFloat32).unsqueeze(2));
  const auto pictures = static_cast<double>(targets.pictures());
  const torch::Tensor class_loss =
      (focal_loss(logits, one, options_.alpha, options_.gamma).sum(2) * here(wanted.weights))
          .sum() /
      pictures;
  const torch::Tensor box_loss =
      (box_losses(codes, here(wanted.boxes), here(anchors), options_) * here(wanted.matched))
          .sum() /
      pictures;
  DetectionLosses losses;
  losses.total = class_loss + box_loss;
  losses.parts = {class_loss.detach(), box_loss.detach()};
  return losses;
}

}  // namespace ersatz::train
