#include "models/detection/select.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <map>

#include "core/error.h"

namespace ersatz::models {
namespace {

float area(const Detection& d) { return (d.x1 - d.x0) * (d.y1 - d.y0); }

float overlap_of(const Detection& a, const Detection& b) {
  const float width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0);
  const float height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (width <= 0 || height <= 0) return 0;
  const float both = width * height;
  return both / (area(a) + area(b) - both);
}

void best_first(std::vector<Detection>& detections) {
  std::stable_sort(detections.begin(), detections.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
}

// Whether each class is asked for.
std::vector<char> wanted_classes(const SelectOptions& options, std::int64_t classes) {
  std::vector<char> wanted(static_cast<std::size_t>(classes), options.classes.empty() ? 1 : 0);
  for (const std::int64_t k : options.classes) wanted[static_cast<std::size_t>(k)] = 1;
  return wanted;
}

}  // namespace

std::vector<Detection> suppress_doubles(std::vector<Detection> detections, float overlap,
                                        std::int64_t most) {
  best_first(detections);
  std::map<std::int64_t, std::vector<Detection>> kept_of;
  std::vector<Detection> kept;
  for (const Detection& candidate : detections) {
    if (static_cast<std::int64_t>(kept.size()) >= most) break;
    std::vector<Detection>& rivals = kept_of[candidate.class_index];
    const bool doubled = std::any_of(rivals.begin(), rivals.end(), [&](const Detection& rival) {
      return overlap_of(rival, candidate) > overlap;
    });
    if (doubled) continue;
    rivals.push_back(candidate);
    kept.push_back(candidate);
  }
  return kept;
}

void check_select_options(const SelectOptions& options, std::int64_t classes) {
  const auto require_share = [](const char* what, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw core::Error::usage(fmt::format("a {} of {} is outside [0, 1]", what, value));
    }
  };
  require_share("confidence threshold", options.confidence);
  require_share("overlap threshold", options.overlap);
  if (options.most < 1 || options.candidates < 1) {
    throw core::Error::usage("at least one detection of a picture must be allowed");
  }
  for (const std::int64_t k : options.classes) {
    if (k < 0 || k >= classes) {
      throw core::Error::usage(
          fmt::format("there is no class {}: the detector has {}", k, classes));
    }
  }
}

std::vector<Detection> select_detections(const Predictions& predictions, std::int64_t b,
                                         const SelectOptions& options) {
  const torch::Tensor scores = predictions.scores[b].to(torch::kCPU, torch::kFloat32).contiguous();
  const torch::Tensor boxes = predictions.boxes[b].to(torch::kCPU, torch::kFloat32).contiguous();
  const std::int64_t places = scores.size(0), classes = scores.size(1);
  TORCH_CHECK(boxes.size(0) == places && boxes.size(1) == 4, "boxes ", boxes.sizes(),
              " beside scores ", scores.sizes());
  check_select_options(options, classes);
  const std::vector<char> wanted = wanted_classes(options, classes);
  const auto threshold = static_cast<float>(options.confidence);
  const float* score = scores.data_ptr<float>();
  const float* box = boxes.data_ptr<float>();
  std::vector<Detection> found;
  const auto add = [&](std::int64_t place, std::int64_t k) {
    if (!wanted[static_cast<std::size_t>(k)]) return;
    const float* corners = box + place * 4;
    found.push_back(
        {corners[0], corners[1], corners[2], corners[3], score[place * classes + k], k, place});
  };
  for (std::int64_t place = 0; place < places; ++place) {
    const float* of_place = score + place * classes;
    if (options.multi_label) {
      for (std::int64_t k = 0; k < classes; ++k) {
        if (of_place[k] > threshold) add(place, k);
      }
    } else {
      const float* best = std::max_element(of_place, of_place + classes);
      if (*best > threshold) add(place, best - of_place);
    }
  }
  if (static_cast<std::int64_t>(found.size()) > options.candidates) {
    best_first(found);
    found.resize(static_cast<std::size_t>(options.candidates));
  }
  return suppress_doubles(std::move(found), static_cast<float>(options.overlap), options.most);
}

}  // namespace ersatz::models
