// Boxes around apples that nobody drew: by the detector that was taught on drawn orchards, or from
// where the generator attends to the word.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/config.h"
#include "data/images/rgb_image.h"
#include "generator.h"
#include "label/dataset/labelled_dataset.h"
#include "label_choice.h"

namespace ersatz::apples {

struct SeenPicture {
  data::RgbImage pixels;
  std::string prompt;  // that it was made with, or that tells what it shows
  std::uint64_t number = 0;
};

class AutomaticLabeller {
 public:
  // A detector that learned nothing (no file) finds nothing.
  AutomaticLabeller(const core::Config& config, const GeneratorFiles& generator,
                    const std::filesystem::path& detector, const std::string& device);
  ~AutomaticLabeller();

  // In px of each picture, best first. Error::usage when attention.word is not in a prompt, and for
  // the manual method.
  std::vector<std::vector<label::AnnotatedObject>> labels(
      LabelMethod method, const std::vector<SeenPicture>& pictures) const;

 private:
  std::vector<std::vector<label::AnnotatedObject>> by_detector(
      const std::vector<SeenPicture>& pictures) const;
  std::vector<std::vector<label::AnnotatedObject>> by_attention(
      const std::vector<SeenPicture>& pictures) const;

  const core::Config& config_;
  GeneratorFiles generator_;
  std::filesystem::path detector_;
  std::string device_;
};

}  // namespace ersatz::apples
