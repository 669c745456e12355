// Detections of many pictures in the order of their scores: precision over recall.
#pragma once

#include <cstdint>
#include <vector>

#include "evaluate/coco/coco_matching.h"

namespace ersatz::evaluate {

// numpy.linspace(0, 1, 101)[i]
constexpr double coco_recall_step(std::size_t i) {
  return i + 1 == kCocoRecalls ? 1.0 : static_cast<double>(i) * 0.01;
}

// Everything of one category in one range of areas, with at most `most` detections of a picture.
// `scenes` must outlive it.
class CocoRanking {
 public:
  CocoRanking(const std::vector<CocoMatches>& scenes, std::size_t most);

  std::int64_t wanted() const { return wanted_; }  // objects that are to be found

  // Precision at each of the kCocoRecalls steps, for one overlap; the recall reached comes back.
  // Only when there are wanted objects.
  double curve(std::size_t overlap, double* precision);

 private:
  struct Entry {
    double score;
    std::size_t scene, detection;
  };

  const std::vector<CocoMatches>& scenes_;
  std::vector<Entry> entries_;
  std::int64_t wanted_ = 0;
  std::vector<double> recalls_, precisions_;
};

}  // namespace ersatz::evaluate
