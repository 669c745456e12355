#include "data/coco/mask_budget.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"

namespace ersatz::data {

MaskBudget::MaskBudget(std::filesystem::path file) : file_(std::move(file)) {}

void MaskBudget::take(std::size_t crossings, std::size_t numbers) {
  crossings_ += crossings;
  numbers_ += numbers;
  if (crossings_ > kFree + kPerNumber * numbers_) {
    throw core::Error::untrusted(
        file_, fmt::format("its {} coordinates of polygons cross more than {} columns of pixels",
                           numbers_, crossings_ - crossings));
  }
}

}  // namespace ersatz::data
