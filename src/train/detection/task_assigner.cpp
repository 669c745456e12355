#include "train/detection/task_assigner.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "compute/parallel.h"
#include "train/detection/box_loss.h"

namespace ersatz::train {

namespace {

constexpr float kInside = 1e-9F;  // px that a centre must be inside its box
constexpr float kLeast = 1e-37F;  // what a measure is divided by

// A place inside an object's box.
struct Candidate {
  std::int64_t place;
  float overlap, measure;
  bool chosen = false;
};

struct Picture {
  const float *scores, *boxes, *centres, *targets;
  const std::int64_t* classes;
  std::int64_t places, class_count, objects;
};

std::vector<Candidate> candidates_of(const Picture& picture, std::int64_t object,
                                     const AssignerOptions& options) {
  const float* box = picture.targets + 4 * object;
  std::vector<Candidate> found;
  for (std::int64_t a = 0; a < picture.places; ++a) {
    const float x = picture.centres[2 * a], y = picture.centres[2 * a + 1];
    const float depth = std::min({x - box[0], y - box[1], box[2] - x, box[3] - y});
    if (!(depth > kInside)) continue;
    const float overlap = std::max(0.0F, complete_overlap(box, picture.boxes + 4 * a));
    const float score = picture.scores[a * picture.class_count + picture.classes[object]];
    const float measure = std::pow(score, static_cast<float>(options.alpha)) *
                          std::pow(overlap, static_cast<float>(options.beta));
    found.push_back({a, overlap, measure});
  }
  std::vector<Candidate*> order;
  for (Candidate& candidate : found) {
    if (candidate.measure > 0) order.push_back(&candidate);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Candidate* a, const Candidate* b) { return a->measure > b->measure; });
  const std::size_t top = std::min(order.size(), static_cast<std::size_t>(options.top));
  for (std::size_t i = 0; i < top; ++i) order[i]->chosen = true;
  return found;
}

void assign_picture(const Picture& picture, const AssignerOptions& options, std::int64_t* objects,
                    float* weights) {
  std::vector<std::vector<Candidate>> all;
  const auto places = static_cast<std::size_t>(picture.places);
  std::vector<std::int64_t> owners(places, 0);  // number of objects that chose the place
  std::vector<float> best(places, 0);           // overlap with the object it fits best
  std::vector<std::int64_t> best_object(places, 0);
  for (std::int64_t object = 0; object < picture.objects; ++object) {
    all.push_back(candidates_of(picture, object, options));
    for (const Candidate& candidate : all.back()) {
      const auto at = static_cast<std::size_t>(candidate.place);
      if (candidate.overlap > best[at]) {
        best[at] = candidate.overlap;
        best_object[at] = object;
      }
      if (candidate.chosen) {
        ++owners[at];
        objects[candidate.place] = object;
      }
    }
  }
  for (std::size_t a = 0; a < places; ++a) {
    if (owners[a] > 1) objects[a] = best_object[a];
  }
  for (std::int64_t object = 0; object < picture.objects; ++object) {
    const std::vector<Candidate>& candidates = all[static_cast<std::size_t>(object)];
    float measure = 0, overlap = 0;
    for (const Candidate& candidate : candidates) {
      if (objects[candidate.place] != object) continue;
      measure = std::max(measure, candidate.measure);
      overlap = std::max(overlap, candidate.overlap);
    }
    for (const Candidate& candidate : candidates) {
      if (objects[candidate.place] != object) continue;
      weights[candidate.place] = candidate.measure / std::max(measure, kLeast) * overlap;
    }
  }
}

}  // namespace

Assignment assign_tasks_by_loops(const torch::Tensor& scores, const torch::Tensor& boxes,
                                 const torch::Tensor& centres, const DetectionTargets& targets,
                                 const AssignerOptions& options) {
  const torch::Tensor s = scores.to(torch::kFloat32).contiguous();
  const torch::Tensor b = boxes.to(torch::kFloat32).contiguous();
  const torch::Tensor c = centres.to(torch::kFloat32).contiguous();
  const std::int64_t batch = s.size(0), places = s.size(1), classes = s.size(2);
  const std::int64_t most = targets.boxes.size(1);
  const Assignment assignment{torch::full({batch, places}, -1, torch::kInt64),
                              torch::zeros({batch, places})};
  const float* score = s.data_ptr<float>();
  const float* box = b.data_ptr<float>();
  const float* centre = c.data_ptr<float>();
  const float* target = targets.boxes.data_ptr<float>();
  const auto* index = targets.classes.data_ptr<std::int64_t>();
  auto* objects = assignment.objects.data_ptr<std::int64_t>();
  float* weights = assignment.weights.data_ptr<float>();
  compute::parallel_for(batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Picture picture{score + i * places * classes,
                            box + i * places * 4,
                            centre,
                            target + i * most * 4,
                            index + i * most,
                            places,
                            classes,
                            targets.counts[static_cast<std::size_t>(i)]};
      assign_picture(picture, options, objects + i * places, weights + i * places);
    }
  });
  return assignment;
}

Assignment assign_tasks_by_tensors(const torch::Tensor& scores, const torch::Tensor& boxes,
                                   const torch::Tensor& centres, const DetectionTargets& targets,
                                   const AssignerOptions& options) {
  const auto device = scores.device();
  const std::int64_t batch = scores.size(0), places = scores.size(1);
  const std::int64_t most = targets.boxes.size(1);
  const torch::Tensor target = targets.boxes.to(device, /*non_blocking=*/true);  // [B, M, 4]
  const torch::Tensor classes = targets.classes.to(device, /*non_blocking=*/true);
  const torch::Tensor count =
      torch::tensor(targets.counts, torch::kInt64).to(device, /*non_blocking=*/true);
  const torch::Tensor present =
      torch::arange(most, count.options()).unsqueeze(0) < count.unsqueeze(1);  // [B, M]
  const torch::Tensor corners = target.unsqueeze(2);                           // [B, M, 1, 4]
  const torch::Tensor depth =
      torch::cat({centres - corners.narrow(3, 0, 2), corners.narrow(3, 2, 2) - centres}, 3);
  const torch::Tensor inside =
      (depth.amin(3) > kInside).logical_and(present.unsqueeze(2));  // [B, M, A]
  const torch::Tensor overlap =
      complete_overlap(corners.to(torch::kFloat32), boxes.to(torch::kFloat32).unsqueeze(1))
          .clamp_min(0) *
      inside;
  const torch::Tensor score = scores.to(torch::kFloat32)
                                  .transpose(1, 2)
                                  .gather(1, classes.unsqueeze(2).expand({batch, most, places}));
  const torch::Tensor measure = score.pow(options.alpha) * overlap.pow(options.beta) * inside;
  const auto [top, at] = measure.topk(std::min(options.top, places), 2);
  torch::Tensor chosen = torch::zeros_like(inside).scatter(2, at, top > 0);
  // Places of several objects.
  const torch::Tensor best = torch::zeros_like(inside).scatter(
      1, overlap.argmax(1, /*keepdim=*/true), torch::ones_like(inside).narrow(1, 0, 1));
  chosen = torch::where(chosen.sum(1, /*keepdim=*/true) > 1, best, chosen);
  const torch::Tensor own = measure * chosen;
  const torch::Tensor share = own / own.amax(2, /*keepdim=*/true).clamp_min(kLeast);
  const torch::Tensor best_overlap = (overlap * chosen).amax(2, /*keepdim=*/true);
  Assignment assignment;
  assignment.objects =
      torch::where(chosen.any(1), chosen.to(torch::kUInt8).argmax(1),
                   torch::full({}, -1, torch::TensorOptions(torch::kInt64).device(device)));
  assignment.weights = (share * best_overlap).amax(1);
  return assignment;
}

Assignment assign_tasks(const torch::Tensor& scores, const torch::Tensor& boxes,
                        const torch::Tensor& centres, const DetectionTargets& targets,
                        const AssignerOptions& options) {
  const torch::NoGradGuard no_grad;
  return scores.is_cpu() ? assign_tasks_by_loops(scores, boxes, centres, targets, options)
                         : assign_tasks_by_tensors(scores, boxes, centres, targets, options);
}

}  // namespace ersatz::train
