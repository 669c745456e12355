// What text-to-image models learn from: pictures with a sentence about each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"

namespace ersatz::data {

struct CaptionedImage {
  RgbImage image;
  std::string caption;                        // UTF-8, one sentence
  std::vector<std::string> paraphrases = {};  // other sentences that are as true
};

// An endless, indexed supply: `index` >= 0 always gives the same picture and caption, and may be
// called from several threads at once.
using CaptionedImages = std::function<CaptionedImage(std::int64_t index)>;

}  // namespace ersatz::data
