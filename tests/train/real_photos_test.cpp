// The whole way from class folders to a score, on real photos.
#include <gtest/gtest.h>

#include "compute/threads.h"
#include "data/photos/photo_set.h"
#include "data/photos/stratified_split.h"
#include "models/classifier_file.h"
#include "support/test_support.h"
#include "train/photo_classifier_trainer.h"
#include "train/photo_evaluation.h"

namespace ersatz::train {
namespace {

// Five fruits in shops: SqueezeNet with ImageNet weights learns them from 250 photos.
TEST(RealPhotos, SqueezeNetLearnsFruitFromAFewHundredPhotos) {
  ERSATZ_REQUIRE_SHARED(weights, "data/weights/squeezenet1_0_imagenet_f16.safetensors");
  ERSATZ_REQUIRE_SHARED(photos, "data/grocery_fruits");
  compute::use_threads();
  const std::vector<std::string> classes = {"banana", "kiwi", "orange", "peach", "tomato"};
  const data::ImageFolder folder = data::list_image_folder(photos / "train", classes);
  ASSERT_EQ(folder.size(), 312U);
  const data::Split split = data::stratified_split(folder.labels, 0.2, 1, classes);
  EXPECT_EQ(split.validation.size(), 63U);
  const data::PhotoSet train = data::load_photos(data::select(folder, split.train), {});
  const data::PhotoSet validation =
      data::load_photos(data::select(folder, split.validation), data::evaluation_preparation());
  const test::TemporaryFolder temporary;
  PhotoTraining training;
  training.network.name = "squeezenet1_0";
  training.pretrained = weights;
  training.scaling = "caffe-bgr";
  training.epochs = 10;
  TrainingRun run;
  run.checkpoint_folder = temporary / "checkpoints";
  run.seed = 1;
  const PhotoTrainingResult result =
      train_photo_classifier(train, validation, training, run, temporary / "w.safetensors");
  EXPECT_EQ(result.replaced_head.size(), 2U);

  const data::PhotoSet test_photos = data::load_photos(
      data::list_image_folder(photos / "test", classes), data::evaluation_preparation());
  const models::LoadedClassifier trained =
      models::load_image_classifier(temporary / "w.safetensors");
  const PhotoEvaluation evaluation =
      evaluate_photos(*trained.network, test_photos, data::pixel_scaling("caffe-bgr"));
  std::cout << "validation " << result.epochs.back().validation_accuracy << ", test "
            << evaluation.accuracy << " of " << test_photos.size() << ", training at "
            << result.images_per_second << " images/s\n";
  // Guessing the most frequent class gives 36 %.
  EXPECT_GT(evaluation.accuracy, 0.8);
}

}  // namespace
}  // namespace ersatz::train
