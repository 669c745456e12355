// Size of the digit classifier (models/digit_classifier.h).
#pragma once

#include <cstdint>

namespace ersatz::models {

// The defaults are the paper's network: 3,274,634 parameters.
struct DigitClassifierOptions {
  std::int64_t conv1_filters = 32;
  std::int64_t conv2_filters = 64;
  std::int64_t hidden_units = 1024;
  std::int64_t classes = 10;
  double dropout = 0.4;  // probability of dropping a hidden unit
};

}  // namespace ersatz::models
