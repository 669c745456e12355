#include "data/photos/stratified_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/philox.h"
#include "data/photos/image_folder.h"

namespace ersatz::data {
namespace {

using Counts = std::vector<std::int64_t>;

// How many of `draws` fall on each class (sklearn.utils._approximate_mode): the share rounded down,
// the rest to the largest remainders.
Counts approximate_mode(const Counts& counts, std::int64_t draws, core::Stream ties) {
  const auto total =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  Counts result;
  std::vector<double> remainders;
  for (const std::int64_t count : counts) {
    // In scikit-learn's order of operations: the remainders decide.
    const double exact = static_cast<double>(count) / total * static_cast<double>(draws);
    result.push_back(static_cast<std::int64_t>(std::floor(exact)));
    remainders.push_back(exact - std::floor(exact));
  }
  // Equal remainders in random order.
  Counts order = core::permutation(static_cast<std::int64_t>(counts.size()), ties);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return remainders[static_cast<std::size_t>(a)] > remainders[static_cast<std::size_t>(b)];
  });
  std::int64_t missing = draws - std::accumulate(result.begin(), result.end(), std::int64_t{0});
  for (std::size_t i = 0; missing > 0; ++i, --missing) {
    ++result[static_cast<std::size_t>(order[i])];
  }
  return result;
}

void shuffle(Counts& indices, core::Stream stream) {
  const Counts order = core::permutation(static_cast<std::int64_t>(indices.size()), stream);
  Counts shuffled;
  for (const std::int64_t i : order) shuffled.push_back(indices[static_cast<std::size_t>(i)]);
  indices = std::move(shuffled);
}

}  // namespace

Split stratified_split(const std::vector<std::uint8_t>& labels, double validation_share,
                       std::uint64_t seed, const std::vector<std::string>& classes) {
  if (!(validation_share > 0 && validation_share < 1)) {
    throw core::Error::usage(
        fmt::format("a validation share of {} is outside (0, 1)", validation_share));
  }
  const Counts counts = class_counts(labels, classes.size());
  const auto total = static_cast<std::int64_t>(labels.size());
  const auto validation_total =
      static_cast<std::int64_t>(std::ceil(validation_share * static_cast<double>(total)));
  const auto stream = [&](const char* name, std::uint64_t index) {
    return core::Stream(seed, name, index);
  };
  const Counts train = approximate_mode(counts, total - validation_total, stream("split/ties", 0));
  Counts left(counts.size());
  std::transform(counts.begin(), counts.end(), train.begin(), left.begin(), std::minus<>());
  // Everything that is left: the two parts together are the whole set.
  const Counts validation = approximate_mode(left, validation_total, stream("split/ties", 1));
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (train[k] >= 1 && validation[k] >= 1) continue;
    const double smaller = std::min(validation_share, 1 - validation_share);
    throw core::Error::usage(
        fmt::format("class '{}' has {} photos, too few to be divided {:.3g} : {:.3g} into photos "
                    "to train and to validate with",
                    classes[k], counts[k], 100 * (1 - validation_share), 100 * validation_share),
        fmt::format("at least {} photos per class are needed",
                    static_cast<std::int64_t>(std::ceil(1 / smaller - 1e-9))));
  }

  Split split;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    Counts members;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == k) members.push_back(static_cast<std::int64_t>(i));
    }
    shuffle(members, stream("split/class", k));
    const auto middle = members.begin() + train[k];
    split.train.insert(split.train.end(), members.begin(), middle);
    split.validation.insert(split.validation.end(), middle, middle + validation[k]);
  }
  shuffle(split.train, stream("split/order", 0));
  shuffle(split.validation, stream("split/order", 1));
  return split;
}

}  // namespace ersatz::data
