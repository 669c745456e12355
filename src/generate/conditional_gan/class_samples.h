// Pictures of given classes by a trained conditional generator.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/progress.h"
#include "data/labelled_images.h"

namespace ersatz::generate {

struct ClassSampleOptions {
  std::uint64_t seed = 0;
  std::string device = "cpu";  // as accepted by compute::resolve_device
  std::int64_t batch_size = 100;
  core::Progress* progress = nullptr;  // counts pictures; may be null
};

// The names of the classes that the generator in `weights_file` knows, in the order of the labels.
std::vector<std::string> class_names(const std::filesystem::path& weights_file);

// One 28 x 28 grey picture for each label, by the generator in `weights_file` (as written by
// train::train_conditional_gan). The k-th picture of a class depends only on (seed, class, k): not
// on the other labels, their order, or the batch, whose size changes results only by rounding.
// [-1, 1] becomes 0..255. Throws Error::usage for a label the generator does not know,
// Error::numeric when a pixel is not finite, and the errors of load_conditional_gan_generator.
data::LabelledImages sample_classes(const std::filesystem::path& weights_file,
                                    const std::vector<std::uint8_t>& labels,
                                    const ClassSampleOptions& options);

// `per_class` labels of each of `classes` classes, class after class.
std::vector<std::uint8_t> balanced_labels(std::int64_t classes, std::int64_t per_class);

}  // namespace ersatz::generate
