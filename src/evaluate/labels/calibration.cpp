#include "evaluate/labels/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace ersatz::evaluate {

Calibration calibration(const std::vector<ScoredAnswer>& answers, std::int64_t bins) {
  if (bins < 1) throw core::Error::usage(fmt::format("calibration in {} bins", bins));
  Calibration result;
  const auto count = static_cast<double>(bins);
  for (std::int64_t i = 0; i < bins; ++i) {
    const auto at = static_cast<double>(i);
    result.bins.push_back({at / count, (at + 1) / count, 0, 0, 0});
  }
  for (const ScoredAnswer& answer : answers) {
    if (!(answer.score >= 0 && answer.score <= 1)) {
      throw core::Error::usage(fmt::format("score {} is not within [0, 1]", answer.score),
                               "calibration compares scores with shares");
    }
    const auto place = static_cast<std::int64_t>(answer.score * count);
    ReliabilityBin& bin = result.bins[static_cast<std::size_t>(std::min(place, bins - 1))];
    ++bin.count;
    bin.mean_score += answer.score;
    bin.precision += answer.right ? 1 : 0;
    const double distance = answer.score - (answer.right ? 1 : 0);
    result.brier += distance * distance / static_cast<double>(answers.size());
  }
  for (ReliabilityBin& bin : result.bins) {
    if (bin.count == 0) continue;
    const auto labels = static_cast<double>(bin.count);
    bin.mean_score /= labels;
    bin.precision /= labels;
    result.error +=
        labels / static_cast<double>(answers.size()) * std::abs(bin.mean_score - bin.precision);
  }
  return result;
}

}  // namespace ersatz::evaluate
