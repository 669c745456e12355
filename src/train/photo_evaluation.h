// What a trained photo classifier says about a set of photos.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/progress.h"
#include "data/photos/photo_set.h"
#include "data/photos/pixel_scaling.h"
#include "models/image_classifier.h"

namespace ersatz::train {

struct PhotoEvaluation {
  std::vector<int> predictions;      // [N], the most probable class
  std::vector<float> probabilities;  // [N, classes], of the softmax
  double loss = 0;                   // mean cross-entropy
  double accuracy = 0;               // share of right predictions
  double images_per_second = 0;
};

struct EvaluationRun {
  std::string device = "cpu";
  std::int64_t batch_size = 50;        // changes results only by rounding
  core::Progress* progress = nullptr;  // counts photos; may be null
};

// The network is moved to the device and stays there; it is put into evaluation mode and back into
// the one it was in. Labels of the set are classes of the network (Error::usage otherwise, and for
// an empty set). Batches are prepared on a thread of their own while the network computes.
PhotoEvaluation evaluate_photos(models::ImageClassifier& network, const data::PhotoSet& photos,
                                const data::PixelScaling& scaling, const EvaluationRun& run = {});

// The pooled features of every photo, [N, F]: for measures of diversity and for distances. The
// network is moved as above.
struct PhotoFeatures {
  std::int64_t width = 0;     // F
  std::vector<float> values;  // [N, F]
};
PhotoFeatures photo_features(models::ImageClassifier& network, const data::PhotoSet& photos,
                             const data::PixelScaling& scaling, const EvaluationRun& run = {});

}  // namespace ersatz::train
