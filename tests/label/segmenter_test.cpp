// Supervised labels.
#include "label/segmenter.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <numeric>

#include "data/images/image_file.h"
#include "models/detection/open_detector.h"
#include "models/detection/yolov8_config.h"
#include "support/test_support.h"

namespace ersatz::label {
namespace {

using core::ExitCode;
using Names = std::vector<std::string>;

const Names kDataset = {"car", "sedan", "pickup", "bus"};
const Names kNetwork = {"person", "car", "bus", "truck"};
const std::vector<std::pair<std::string, std::string>> kPairs = {
    {"car", "car"}, {"sedan", "car"}, {"pickup", "truck"}};

TEST(ClassMap, DatasetIndicesNotTheNetworks) {
  const ClassMap map(kDataset, kPairs, kNetwork);
  EXPECT_EQ(map.network_classes(), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(map.dataset_class(1, std::nullopt), 0);
  EXPECT_EQ(map.dataset_class(1, 1), 1);  // a sedan was asked for
  EXPECT_EQ(map.dataset_class(1, 2), 0);  // a pickup is no car
  EXPECT_EQ(map.dataset_class(3, 1), 2);
  EXPECT_EQ(map.dataset_class(0, std::nullopt), std::nullopt);
  EXPECT_EQ(map.dataset_class(2, 3), std::nullopt);  // bus has no pair
  EXPECT_EQ(map.network_class_name(3), "truck");
  EXPECT_ERSATZ_ERROR(ClassMap(kDataset, {}, kNetwork), ExitCode::kUsage, "no class");
  EXPECT_ERSATZ_ERROR(ClassMap(kDataset, {{"cat", "car"}}, kNetwork), ExitCode::kUsage, "cat");
  EXPECT_ERSATZ_ERROR(ClassMap(kDataset, {{"car", "trucks"}}, kNetwork), ExitCode::kUsage,
                      "did you mean 'truck'");
  EXPECT_ERSATZ_ERROR(ClassMap(kDataset, {{"car", "car"}, {"car", "bus"}}, kNetwork),
                      ExitCode::kUsage, "mapped twice");
}

// A car (score 0.9) and a truck (0.5) of 32 x 16 px, masks on the left halves of the picture; a
// person; a car whose mask is empty.
class FixedSegmenter : public models::Predictor {
 public:
  explicit FixedSegmenter(bool masks = true) : masks_(masks) {}
  models::Predictions predict(const torch::Tensor&) override {
    models::Predictions p;
    p.boxes = torch::tensor({8.0F, 8.0F, 40.0F, 24.0F, 8.0F, 40.0F, 40.0F, 56.0F, 0.0F, 0.0F, 64.0F,
                             64.0F, 0.0F, 30.0F, 20.0F, 40.0F})
                  .view({1, 4, 4});
    p.scores = torch::zeros({1, 4, 4});
    p.scores[0][0][1] = 0.9;
    p.scores[0][1][3] = 0.5;
    p.scores[0][2][0] = 0.95;
    p.scores[0][3][1] = 0.8;
    p.coefficients = torch::tensor({1.0F, 1.0F, 1.0F, 0.0F}).view({1, 4, 1});
    p.prototypes = torch::ones({1, 1, 16, 16});
    p.prototypes.narrow(3, 8, 8).fill_(-1);
    return p;
  }
  std::int64_t classes() const override { return 4; }
  bool has_masks() const override { return masks_; }
  std::int64_t stride() const override { return 32; }

 private:
  bool masks_;
};

TEST(Segmenter, LabelsOfThePictureInTheDatasetsClasses) {
  SegmenterOptions options;
  options.size = 64;
  const ClassMap map(kDataset, kPairs, kNetwork);
  const Segmenter segmenter(std::make_shared<FixedSegmenter>(), map, "yolov8n-seg", options);
  const data::RgbImage picture{64, 64, std::vector<std::uint8_t>(64 * 64 * 3)};
  const std::vector<ObjectLabel> labels = segmenter.labels(picture, 1);
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].class_index, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(labels[0].score), 0.9F);
  EXPECT_EQ(labels[0].box, (data::PixelBox{8, 8, 24, 16}));  // the mask ends at 32
  EXPECT_EQ(data::rle_area(labels[0].mask), 24 * 16);
  EXPECT_EQ(labels[0].polygon, (std::vector<PolygonPoint>{{8, 8}, {8, 23}, {31, 23}, {31, 8}}));
  EXPECT_EQ(labels[0].origin.method, "segmenter/yolov8n-seg");
  EXPECT_EQ(labels[0].origin.word, "car");
  EXPECT_EQ(labels[1].class_index, 2);
  EXPECT_EQ(labels[1].origin.contour, 1);
  options.confidence = 0.6;
  EXPECT_EQ(Segmenter(std::make_shared<FixedSegmenter>(), map, "w", options).labels(picture).size(),
            1U);
  EXPECT_ERSATZ_ERROR(Segmenter(std::make_shared<FixedSegmenter>(false), map, "w", options),
                      ExitCode::kUsage, "boxes only");
}

TEST(Segmenter, FindsTheTeddyBearsOfAPhoto) {
  ERSATZ_REQUIRE_SHARED(weights, "data/weights/yolov8n-seg_deq_f16.safetensors");
  ERSATZ_REQUIRE_SHARED(photo, "data/coco_val128/images/000000000776.jpg");
  const auto opened = models::open_detector(weights, {}, torch::kCPU);
  const ClassMap map({"toy"}, {{"toy", "teddy bear"}}, models::coco_class_names());
  const Segmenter segmenter(opened.predictor, map, "yolov8n-seg");
  const auto labels = segmenter.labels(data::read_image(photo));
  ASSERT_GE(labels.size(), 2U);  // three sit there
  for (const ObjectLabel& label : labels) {
    EXPECT_EQ(label.class_index, 0);
    EXPECT_GT(label.score, 0.45);
    const double share = static_cast<double>(data::rle_area(label.mask)) /
                         (static_cast<double>(label.box.width) * label.box.height);
    EXPECT_GT(share, 0.4);  // a bear fills its box
    EXPECT_GT(label.polygon.size(), 10U);
  }
}

}  // namespace
}  // namespace ersatz::label
