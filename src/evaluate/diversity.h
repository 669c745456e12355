// How much the pictures of a set differ, seen by a network.
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::evaluate {

struct FeatureVariance {
  // Trace of the covariance matrix of the features (N - 1): half the mean squared distance of two
  // pictures.
  double total = 0;
  // The same within a class, averaged over the classes that have two pictures or more: pictures of
  // one class that look alike give a small number however different the classes are.
  double within_class = 0;
};

// features [N, width], labels [N] (any integers >= 0). Error::internal when sizes do not agree,
// fewer than two pictures are given or no class has two.
FeatureVariance feature_variance(const std::vector<float>& features, std::int64_t width,
                                 const std::vector<std::uint8_t>& labels);

}  // namespace ersatz::evaluate
