// Labels of generated pictures as a dataset, and their comparison with others.
#pragma once

#include <vector>

#include "core/json.h"
#include "data/images/rgb_image.h"
#include "dataset.h"
#include "label/dataset/labelled_dataset.h"
#include "label/object_label.h"

namespace ersatz::diffugen {

// A picture with its labels; all objects are of class 0.
label::LabelledPicture labelled(const GeneratedPicture& from, const data::RgbImage& pixels,
                                const std::vector<label::ObjectLabel>& labels);

// Scores of `labels` (evaluate/labels), whatever they call their objects, by masks or by boxes.
core::Json compared(const label::LabelledDataset& truth, const label::LabelledDataset& labels,
                    bool masks);
// {"masks", "boxes"} scores.
core::Json compared(const label::LabelledDataset& truth, const label::LabelledDataset& labels);

// Only pictures in which something is known to be.
label::LabelledDataset with_objects(const label::LabelledDataset& all);

}  // namespace ersatz::diffugen
