// The settings of the sweep, and how its training sets are put together (Maton 2018).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.h"
#include "data/labelled_images.h"
#include "train/classifier_trainer.h"
#include "train/pixelda_trainer.h"

namespace ersatz::mnist {

// One ratio of real to font images, in thousandths.
struct Ratio {
  std::int64_t thousandths = 0;
  std::int64_t real_images = 0;  // N, the x axis of every plot
  std::int64_t font_images = 0;
};

std::vector<Ratio> ratios(const core::Config& config);
bool gan_is_trained_at(const core::Config& config, const Ratio& ratio);

train::ClassifierTraining classifier_training(const core::Config& config);
train::PixelDaTraining gan_training(const core::Config& config);

// `count` images of `set`, drawn without replacement and without balancing classes, as the paper
// does; a pure function of (seed, draw, count, name). Error::usage when the set is smaller.
data::LabelledImages draw(const data::LabelledImages& set, std::int64_t count, std::uint64_t seed,
                          std::int64_t draw_index, const std::string& name);

// Splits off the last `fraction` of a set: {kept, held out}.
std::pair<data::LabelledImages, data::LabelledImages> hold_out(const data::LabelledImages& set,
                                                               double fraction);

}  // namespace ersatz::mnist
