// YOLOv8n-seg on the first 128 photos of COCO's validation set.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <sstream>

#include "compute/threads.h"
#include "core/json.h"
#include "data/coco/coco_reader.h"
#include "data/coco/polygon_mask.h"
#include "data/images/image_file.h"
#include "evaluate/coco/coco_evaluation.h"
#include "models/detection/object_finder.h"
#include "models/detection/open_detector.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

namespace fs = std::filesystem;
using data::CocoObject;

// COCO's own numbers, from 1 to 90 with gaps, as numbers of the 80 classes.
std::int64_t class_of_coco_id(std::int64_t id) {
  const std::set<std::int64_t> gaps = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83};
  return id - 1 - std::distance(gaps.begin(), gaps.lower_bound(id));
}

// One object per line: COCO's number of the class, then x and y of corners as shares of the picture.
std::vector<CocoObject> polygons_of(const fs::path& file, std::int64_t image, int height,
                                    int width) {
  std::vector<CocoObject> objects;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    CocoObject object;
    object.image_id = image;
    numbers >> object.category_id;
    object.category_id = class_of_coco_id(object.category_id);
    std::vector<double> corners;
    for (double share = 0; numbers >> share;) {
      corners.push_back(share * (corners.size() % 2 == 0 ? width : height));
    }
    if (corners.size() < 6) continue;
    object.mask = data::polygon_mask(corners, height, width);
    object.area = static_cast<double>(data::rle_area(*object.mask));
    const data::PixelBox box = data::rle_box(*object.mask);
    object.box = {static_cast<double>(box.x), static_cast<double>(box.y),
                  static_cast<double>(box.width), static_cast<double>(box.height)};
    objects.push_back(std::move(object));
  }
  return objects;
}

void print(const char* what, const std::array<double, 12>& summary, std::size_t pictures) {
  fmt::print(
      "[ MEASURED ] YOLOv8n-seg, {} of {} photos: mAP50-95 {:.4f}, mAP50 {:.4f}, mAP75 "
      "{:.4f}\n",
      what, pictures, summary[0], summary[1], summary[2]);
}

TEST(CocoVal128, BoxesAndMasksOfThePublishedWeights) {
  ERSATZ_REQUIRE_SHARED(weights, "data/weights/yolov8n-seg_deq_f16.safetensors");
  ERSATZ_REQUIRE_SHARED(folder, "data/coco_val128");
  compute::use_threads();
  const OpenedDetector opened = open_detector(weights, {}, torch::kCPU);
  EXPECT_EQ(opened.description, "YOLOv8n-seg, 80 classes");
  FindOptions options;
  options.selection.confidence = 0.001;
  options.selection.multi_label = true;
  const ObjectFinder finder(opened.predictor, options);

  const fs::path truth_file = folder / "boxes_val2017.json";
  const data::CocoGroundTruth truth = data::read_coco_ground_truth(truth_file, false);
  data::CocoGroundTruth mask_truth;
  mask_truth.categories = truth.categories;
  std::vector<CocoObject> detections, of_masks;
  double seconds = 0;
  const core::Json document = core::read_json(truth_file);
  for (const core::Json& image : document.at("images")) {
    const auto id = image.at("id").get<std::int64_t>();
    const auto name = image.at("file_name").get<std::string>();
    const data::RgbImage picture = data::read_image(folder / "images" / name);
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<FoundObject> found = finder.find(picture);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const fs::path polygons =
        folder / "labels_segmentation" / fs::path(name).replace_extension(".txt");
    const bool masked = fs::exists(polygons);
    if (masked) {
      mask_truth.image_ids.push_back(id);
      mask_truth.sizes[id] = {picture.height, picture.width};
      for (CocoObject& object : polygons_of(polygons, id, picture.height, picture.width)) {
        object.id = static_cast<std::int64_t>(mask_truth.objects.size()) + 1;
        mask_truth.objects.push_back(std::move(object));
      }
    }
    for (const FoundObject& object : found) {
      CocoObject detection;
      detection.id = static_cast<std::int64_t>(detections.size()) + 1;
      detection.image_id = id;
      detection.category_id = object.class_index;  // this file numbers as the weights do
      detection.box = object.box;
      detection.area = object.box.width * object.box.height;
      detection.score = object.score;
      detections.push_back(detection);
      if (!masked) continue;
      detection.mask = object.mask;
      detection.area = static_cast<double>(data::rle_area(*object.mask));
      of_masks.push_back(std::move(detection));
    }
  }
  const auto boxes =
      evaluate::coco_summary(evaluate::evaluate_coco(truth, detections, evaluate::CocoShape::kBox));
  print("boxes", boxes, truth.image_ids.size());
  EXPECT_GE(boxes[1], 0.55);
  const auto masks = evaluate::coco_summary(
      evaluate::evaluate_coco(mask_truth, of_masks, evaluate::CocoShape::kMask));
  print("masks", masks, mask_truth.image_ids.size());
  EXPECT_GE(masks[1], 0.50);
  EXPECT_EQ(mask_truth.image_ids.size(), 100U);
  fmt::print("[ MEASURED ] {:.1f} ms a photo at 640 px with up to 300 masks\n",
             1000 * seconds / static_cast<double>(truth.image_ids.size()));
}

}  // namespace
}  // namespace ersatz::models
