// Two labelled datasets of the same pictures as ground truth and labels for label_scores.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/coco/coco_reader.h"
#include "label/dataset/labelled_dataset.h"

namespace ersatz::evaluate {

struct DatasetComparison {
  data::CocoGroundTruth truth;               // categories 1, 2, ...: its classes in their order
  std::vector<data::CocoObject> labels;      // in the truth's picture sizes
  std::int64_t pictures_without_truth = 0;   // of the labels; they are left out
  std::int64_t pictures_without_labels = 0;  // of the truth: pictures with no labels
  std::int64_t resized = 0;                  // labels made at another size than the truth
  std::map<std::string, std::int64_t> unknown_classes;  // of the labels, and how many: left out
};

// Pictures belong together when their files have the same path below their folders, whatever the
// ending; classes when they have the same name, or that which `renamed` gives them (label's class
// -> truth's). `masks`: outlines become masks; where there are none, there is no mask. With
// `any_class` labels of classes that the truth does not have are kept, as category 0. Error::usage
// when no picture of one dataset is in the other, for two pictures that differ in the ending only
// and for a renamed class that does not exist; Error::untrusted for outlines that cannot be scaled
// to the truth's size, or whose masks cost more than data::MaskBudget allows there.
DatasetComparison compare_datasets(const label::LabelledDataset& truth,
                                   const label::LabelledDataset& labels,
                                   const std::map<std::string, std::string>& renamed, bool masks,
                                   bool any_class);

}  // namespace ersatz::evaluate
