// Labels of kilobytes that compute for hours at the size of the truth.
#include <gtest/gtest.h>

#include "evaluate/labels/dataset_comparison.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using label::LabelledDataset;
using label::LabelledPicture;

// Small where they were read, a million columns wide at the truth's size.
TEST(DatasetComparison, OutlinesMayNotCostMoreForBeingScaled) {
  LabelledDataset wide;
  wide.classes = {"car"};
  wide.pictures = {LabelledPicture{"one.png", 1 << 20, 2, {}, {}}};
  LabelledDataset narrow = wide;
  label::AnnotatedObject object;
  object.box = {0, 0, 1, 1};
  object.outlines.assign(129, {0, 0, 1, 0, 0, 0});
  narrow.pictures = {LabelledPicture{"one.png", 1, 2, {object}, {}}};
  EXPECT_ERSATZ_ERROR(compare_datasets(wide, narrow, {}, true, false),
                      core::ExitCode::kUntrustedData, "cross more than 268435456 columns");
}

}  // namespace
}  // namespace ersatz::evaluate
