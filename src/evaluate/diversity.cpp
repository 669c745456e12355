#include "evaluate/diversity.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace ersatz::evaluate {
namespace {

// Trace of the covariance of the chosen rows.
double trace_of_covariance(const std::vector<float>& features, std::size_t width,
                           const std::vector<std::size_t>& rows) {
  double trace = 0;
  for (std::size_t i = 0; i < width; ++i) {
    double mean = 0;
    for (const std::size_t row : rows) mean += static_cast<double>(features[row * width + i]);
    mean /= static_cast<double>(rows.size());
    for (const std::size_t row : rows) {
      const double d = static_cast<double>(features[row * width + i]) - mean;
      trace += d * d;
    }
  }
  return trace / static_cast<double>(rows.size() - 1);
}

}  // namespace

FeatureVariance feature_variance(const std::vector<float>& features, std::int64_t width,
                                 const std::vector<std::uint8_t>& labels) {
  const auto columns = static_cast<std::size_t>(width);
  if (width < 1 || features.size() != labels.size() * columns || labels.size() < 2) {
    throw core::Error::internal(fmt::format("{} features of width {} for {} pictures",
                                            features.size(), width, labels.size()));
  }
  std::vector<std::size_t> all(labels.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  FeatureVariance variance;
  variance.total = trace_of_covariance(features, columns, all);
  int classes = 0;
  for (int k = 0; k <= *std::max_element(labels.begin(), labels.end()); ++k) {
    std::vector<std::size_t> rows;
    std::copy_if(all.begin(), all.end(), std::back_inserter(rows),
                 [&](std::size_t i) { return labels[i] == k; });
    if (rows.size() < 2) continue;
    variance.within_class += trace_of_covariance(features, columns, rows);
    ++classes;
  }
  if (classes == 0) throw core::Error::internal("no class has two pictures");
  variance.within_class /= classes;
  return variance;
}

}  // namespace ersatz::evaluate
