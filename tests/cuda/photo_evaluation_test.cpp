// Photographs judged on a GPU by a network that was made or read on the CPU, as experiments do.
#include "train/photo_evaluation.h"

#include <gtest/gtest.h>

#include "cuda/cuda_fixture.h"
#include "data/photos/pixel_scaling.h"
#include "models/image_classifier.h"

namespace ersatz::train {
namespace {

class CudaPhotoEvaluation : public test::Cuda {};

data::PhotoSet some_photos() {
  data::PhotoSet set;
  set.classes = {"a", "b", "c"};
  set.images.height = set.images.width = 64;
  set.images.channels = 3;
  for (int i = 0; i < 7; ++i) {
    set.images.labels.push_back(static_cast<std::uint8_t>(i % 3));
    set.names.push_back(std::to_string(i));
  }
  std::uint32_t state = 1;  // Numerical Recipes' quick generator
  for (std::size_t i = 0; i < set.images.labels.size() * set.images.image_bytes(); ++i) {
    state = state * 1664525U + 1013904223U;
    set.images.pixels.push_back(static_cast<std::uint8_t>(state >> 24U));
  }
  return set;
}

TEST_F(CudaPhotoEvaluation, ANetworkFromTheCpuSaysWhatItSaidThere) {
  models::ClassifierArchitecture architecture;
  architecture.name = "squeezenet1_0";
  architecture.classes = 3;
  const auto network = models::make_image_classifier(architecture, 3);
  const data::PhotoSet photos = some_photos();
  const data::PixelScaling scaling = data::pixel_scaling("imagenet-rgb");
  EvaluationRun run;
  run.batch_size = 3;
  const PhotoEvaluation expected = evaluate_photos(*network, photos, scaling, run);
  const PhotoFeatures features = photo_features(*network, photos, scaling, run);
  run.device = "cuda:0";
  const PhotoEvaluation found = evaluate_photos(*network, photos, scaling, run);
  EXPECT_LT(test::relative_difference(torch::tensor(found.probabilities),
                                      torch::tensor(expected.probabilities)),
            1e-4);
  EXPECT_NEAR(found.loss, expected.loss, 1e-4);
  const PhotoFeatures there = photo_features(*network, photos, scaling, run);
  EXPECT_EQ(there.width, features.width);
  EXPECT_LT(test::relative_difference(torch::tensor(there.values), torch::tensor(features.values)),
            1e-4);
  // It is where it was used last, and may be used elsewhere again.
  run.device = "cpu";
  EXPECT_EQ(evaluate_photos(*network, photos, scaling, run).probabilities, expected.probabilities);
}

}  // namespace
}  // namespace ersatz::train
