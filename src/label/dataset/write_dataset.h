// Writing a labelled dataset in a format that is known by name only when the program runs.
#pragma once

#include <filesystem>
#include <string>

#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {

// Formats as in read_dataset.h; `out` is a file for coco, a folder for the others. Error::usage
// when several classes have one name and the format (voc, label-studio) cannot keep them apart.
void write_dataset(const LabelledDataset& dataset, const std::string& format,
                   const std::filesystem::path& out);

}  // namespace ersatz::label
