// Whether scores mean what they say: of labels with score 0.8, are 80 % right?
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::evaluate {

struct ScoredAnswer {
  double score = 0;  // in [0, 1]
  bool right = false;
};

struct ReliabilityBin {
  double low = 0, high = 0;  // scores in [low, high), of the last bin [low, 1]
  std::int64_t count = 0;
  double mean_score = 0, precision = 0;  // 0 when count is
};

struct Calibration {
  std::vector<ReliabilityBin> bins;
  // Expected calibration error: mean distance of a bin's mean score from the share that is right,
  // weighted by its count (Naeini et al. 2015; Guo et al. 2017, equation 3).
  double error = 0;
  double brier = 0;  // mean squared distance of score and outcome (0 or 1)
};

// Bins of equal width. All 0 without answers. Error::usage for a score outside [0, 1] and for no
// bins.
Calibration calibration(const std::vector<ScoredAnswer>& answers, std::int64_t bins);

}  // namespace ersatz::evaluate
