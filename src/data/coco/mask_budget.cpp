#include "data/coco/mask_budget.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"

namespace ersatz::data {

MaskBudget::MaskBudget(std::filesystem::path file) : file_(std::move(file)) {}

void MaskBudget::take(std::size_t crossings, std::size_t numbers) {
  crossings_ += crossings;
  ++polygons_;
  numbers_ += numbers;
  if (crossings_ > kFree + kPerPolygon * polygons_ + kPerNumber * numbers_) {
    throw core::Error::untrusted(
        file_, fmt::format("its {} polygons of {} coordinates cross more than {} columns of pixels",
                           polygons_, numbers_, crossings_ - crossings));
  }
}

void MaskBudget::hold(std::size_t runs) {
  held_ += runs;
  if (held_ > kMostHeld) {
    throw core::Error::untrusted(
        file_, fmt::format("the masks of its polygons have more than {} run lengths", kMostHeld));
  }
}

}  // namespace ersatz::data
