// Labelled datasets of a format that is known by name only when the program runs.
#pragma once

#include <filesystem>
#include <string>

#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {

// `format`: "coco", "yolo", "yolo-segment", "voc", "diffugen", "imagefolder", "croissant" or
// "label-studio". `images`: folder of the pictures for those that do not say where it is (coco,
// voc, label-studio); empty: "images" beside the labels. Errors as the readers of formats.h;
// Error::unknown for other formats.
LabelledDataset read_dataset(const std::filesystem::path& input, const std::string& format,
                             const std::filesystem::path& images = {});

// What a dataset on disk seems to be: a JSON file is coco, or label-studio when it holds a list; a
// folder is known by the files in it. Error::missing when there is nothing, Error::usage when it
// looks like none of them.
std::string guess_format(const std::filesystem::path& input);

}  // namespace ersatz::label
