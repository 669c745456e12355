// How much average precision depends on which pictures it was measured on: the bootstrap over
// pictures (Efron 1979), or over groups of them. Detections are matched once; a draw only counts
// pictures anew.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/coco/coco_reader.h"
#include "evaluate/coco/coco_evaluation.h"
#include "evaluate/statistics.h"

namespace ersatz::evaluate {

// AP, AP50, AP75; -1: nothing to find.
inline constexpr std::size_t kResampledMeasures = 3;
using ResampledScores = std::array<double, kResampledMeasures>;

// What one detector found in a set of pictures, to be scored on any repetition of them.
class CocoResampler {
 public:
  // As evaluate_coco(); nothing of the arguments is kept.
  CocoResampler(const data::CocoGroundTruth& truth, const std::vector<data::CocoObject>& detections,
                CocoShape shape);

  std::size_t pictures() const { return pictures_; }
  // Picture k of truth.image_ids counts `times[k]` times: exactly coco_summary()'s first three of a
  // set with so many copies of it. Error::internal for another number of pictures.
  ResampledScores scores(const std::vector<std::int32_t>& times) const;

 private:
  struct Entry {
    std::uint32_t picture = 0;
    std::uint16_t hit = 0, ignored = 0;  // a bit for each overlap
  };
  struct Category {
    std::vector<Entry> entries;                                  // by falling score
    std::vector<std::pair<std::uint32_t, std::int64_t>> wanted;  // picture, objects in it
  };
  double precision(const Category& category, std::int64_t wanted, std::size_t overlap,
                   const std::vector<std::int32_t>& times) const;

  std::size_t pictures_ = 0;
  std::vector<Category> categories_;
};

struct ResampledEstimate {
  double sd = 0;      // over the draws
  Interval interval;  // from the 2.5th to the 97.5th of a hundred draws
};
using ResampledEstimates = std::array<ResampledEstimate, kResampledMeasures>;

// Pictures that belong together, such as crops of one photograph, are drawn together: picture k is
// of group groups[k], counted from 0. Empty: each picture is a group of its own.
using PictureGroups = std::vector<std::size_t>;

// The groups of pictures whose keys are equal.
PictureGroups group_pictures(const std::vector<std::string>& keys);

// The mean of several detectors' scores (trainings that differ in their seed), drawing `draws`
// times as many groups of pictures as there are, with replacement, the same for all. Draw k depends
// on (seed, k) only. Draws without anything to find are left out. Error::usage without a detector,
// for fewer than 10 draws, detectors or groups of different numbers of pictures, a single group,
// and when nothing can be found in any draw.
ResampledEstimates resample_scores(const std::vector<const CocoResampler*>& detectors,
                                   std::int64_t draws, std::uint64_t seed,
                                   const PictureGroups& groups = {});

// The mean of `left` less the mean of `right`, on the same pictures in every draw: paired.
ResampledEstimates resample_gap(const std::vector<const CocoResampler*>& left,
                                const std::vector<const CocoResampler*>& right, std::int64_t draws,
                                std::uint64_t seed, const PictureGroups& groups = {});

// {"AP", "AP50", "AP75": {"sd", "low", "high"}}
core::Json to_json(const ResampledEstimates& estimates);

}  // namespace ersatz::evaluate
