#include "evaluate/coco/coco_ranking.h"

#include <algorithm>
#include <limits>

namespace ersatz::evaluate {

CocoRanking::CocoRanking(const std::vector<CocoMatches>& scenes, std::size_t most)
    : scenes_(scenes) {
  for (std::size_t s = 0; s < scenes.size(); ++s) {
    wanted_ += scenes[s].wanted;
    const std::size_t count = std::min(most, scenes[s].scores.size());
    for (std::size_t d = 0; d < count; ++d) entries_.push_back({scenes[s].scores[d], s, d});
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.score > b.score; });
}

double CocoRanking::curve(std::size_t overlap, double* precision) {
  recalls_.clear();
  precisions_.clear();
  double right = 0, wrong = 0;
  for (const Entry& entry : entries_) {
    const CocoMatches& scene = scenes_[entry.scene];
    if (scene.ignored[overlap][entry.detection] == 0) {
      (scene.hit[overlap][entry.detection] != 0 ? right : wrong) += 1;
    }
    recalls_.push_back(right / static_cast<double>(wanted_));
    precisions_.push_back(right / (wrong + right + std::numeric_limits<double>::epsilon()));
  }
  for (std::size_t i = precisions_.size(); i > 1; --i) {
    precisions_[i - 2] = std::max(precisions_[i - 2], precisions_[i - 1]);
  }
  std::size_t at = 0;
  for (std::size_t r = 0; r < kCocoRecalls; ++r) {
    while (at < recalls_.size() && recalls_[at] < coco_recall_step(r)) ++at;
    precision[r] = at < recalls_.size() ? precisions_[at] : 0;
  }
  return recalls_.empty() ? 0 : recalls_.back();
}

}  // namespace ersatz::evaluate
