// The two domains of the stand-in scenes, as a trained network sees them: what `mini` profiles
// compare needs a gap that can be dialled.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compute/threads.h"
#include "data/photos/photo_set.h"
#include "data/scenes/scene.h"
#include "models/classifier_file.h"
#include "support/test_support.h"
#include "train/photo_classifier_trainer.h"
#include "train/photo_evaluation.h"

namespace ersatz::train {
namespace {

constexpr int kSide = 64;

data::PhotoSet fruit_scenes(double domain, std::int64_t first, std::int64_t count) {
  const std::vector<std::string> classes = {"orange", "peach", "kiwi", "tomato", "banana"};
  std::vector<std::uint8_t> labels;
  for (std::int64_t i = 0; i < count; ++i) labels.push_back(static_cast<std::uint8_t>(i % 5));
  const auto picture = [&](std::int64_t i) {
    data::SceneRequest request;
    request.domain = domain;
    request.fixed = {{"fruit", classes[labels[static_cast<std::size_t>(i)]]}};
    return data::draw_scene(request, 5, first + i).image;
  };
  return data::prepare_photos(classes, labels, picture, {kSide, kSide});
}

class DomainGap : public ::testing::Test {
 protected:
  models::LoadedClassifier trained_on(double domain) {
    PhotoTraining training;
    training.network.name = "resnet10";
    training.network.width = 16;
    training.epochs = 6;
    training.learning_rate.base = 3e-3;
    TrainingRun run;
    const std::string name = fmt::format("{}", domain);
    run.checkpoint_folder = folder_ / name;
    run.seed = 1;
    run.checkpoint_every = 1000;
    train_photo_classifier(fruit_scenes(domain, 0, 1000), fruit_scenes(domain, 1000, 50), training,
                           run, folder_ / (name + ".safetensors"));
    return models::load_image_classifier(folder_ / (name + ".safetensors"));
  }
  static double accuracy(const models::LoadedClassifier& classifier, double domain) {
    return evaluate_photos(*classifier.network, fruit_scenes(domain, 5000, 300),
                           data::pixel_scaling(classifier.description.scaling))
        .accuracy;
  }

  test::TemporaryFolder folder_;
};

TEST_F(DomainGap, AClassifierLosesAccuracyInTheOtherDomain) {
  compute::use_threads();
  const models::LoadedClassifier web = trained_on(data::kWebDomain);
  const double at_home = accuracy(web, data::kWebDomain), near = accuracy(web, 0.25),
               half = accuracy(web, 0.5), abroad = accuracy(web, data::kCameraDomain);
  RecordProperty("web", fmt::format("{:.3f} {:.3f} {:.3f} {:.3f}", at_home, near, half, abroad));
  EXPECT_GT(at_home, 0.9);
  EXPECT_GT(at_home, near + 0.05);
  EXPECT_GT(near, half + 0.1);
  EXPECT_GT(half, abroad + 0.1);
  EXPECT_GT(near, 0.5) << "something must carry over";
  const models::LoadedClassifier camera = trained_on(data::kCameraDomain);
  const double camera_home = accuracy(camera, data::kCameraDomain);
  RecordProperty("camera", fmt::format("{:.3f}", camera_home));
  EXPECT_GT(camera_home, abroad + 0.1) << "the photographs can be learned from photographs";
}

}  // namespace
}  // namespace ersatz::train
