// Predictions of a trained digit classifier.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/labelled_images.h"

namespace ersatz::train {

// The most probable class of each image, by the network in `weights_file` (as written by
// train_classifier) without dropout. Independent of `batch_size` up to rounding.
std::vector<std::uint8_t> classify(const std::filesystem::path& weights_file,
                                   const data::LabelledImages& images,
                                   const std::string& device = "cpu",
                                   std::int64_t batch_size = 500);

// The features of each image (DigitClassifier::features), for distances between sets.
struct ClassifierFeatures {
  std::int64_t width = 0;     // F
  std::vector<float> values;  // [N, F]
};
ClassifierFeatures classifier_features(const std::filesystem::path& weights_file,
                                       const data::LabelledImages& images,
                                       const std::string& device = "cpu",
                                       std::int64_t batch_size = 500);

// Percentage of predictions that differ from the labels, 0..100. Error::internal when the sizes
// differ; Error::usage when empty.
double error_percent(const std::vector<std::uint8_t>& predictions,
                     const std::vector<std::uint8_t>& labels);

}  // namespace ersatz::train
