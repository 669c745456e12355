#include "evaluate/detection/detector_evaluation.h"

#include <torch/types.h>

#include <utility>

#include "evaluate/coco/coco_evaluation.h"
#include "models/detection/letterbox.h"
#include "models/detection/object_finder.h"

namespace ersatz::evaluate {

data::CocoGroundTruth coco_truth(const data::DetectionSet& set) {
  data::CocoGroundTruth truth;
  for (std::size_t k = 0; k < set.classes.size(); ++k) {
    truth.categories[static_cast<std::int64_t>(k) + 1] = set.classes[k];
  }
  for (std::size_t i = 0; i < set.pictures.size(); ++i) {
    const data::DetectionPicture& picture = set.pictures[i];
    const auto id = static_cast<std::int64_t>(i) + 1;
    truth.image_ids.push_back(id);
    truth.sizes[id] = {picture.height, picture.width};
    const double x = static_cast<double>(picture.width) / picture.image.width;
    const double y = static_cast<double>(picture.height) / picture.image.height;
    for (const data::ObjectBox& box : picture.boxes) {
      data::CocoObject object;
      object.id = static_cast<std::int64_t>(truth.objects.size()) + 1;
      object.image_id = id;
      object.category_id = box.class_index + 1;
      object.box = {box.x0 * x, box.y0 * y, static_cast<double>(box.x1 - box.x0) * x,
                    static_cast<double>(box.y1 - box.y0) * y};
      object.area = object.box.width * object.box.height;
      object.crowd = box.crowd;
      truth.objects.push_back(std::move(object));
    }
  }
  return truth;
}

DetectorEvaluation evaluate_detector(models::Predictor& network, const data::DetectionSet& set,
                                     const DetectorEvaluationOptions& options,
                                     const c10::Device& device) {
  const torch::NoGradGuard no_grad;
  models::SelectOptions selection;
  selection.confidence = options.confidence;
  selection.overlap = options.overlap;
  selection.most = options.most;
  selection.multi_label = true;
  models::LetterboxOptions letterbox;
  letterbox.size = set.size;
  letterbox.stride = static_cast<int>(network.stride());
  DetectorEvaluation result;
  result.truth = coco_truth(set);
  for (std::size_t i = 0; i < set.pictures.size(); ++i) {
    const data::DetectionPicture& picture = set.pictures[i];
    const models::Letterbox plan =
        models::plan_letterbox(picture.image.width, picture.image.height, letterbox);
    const torch::Tensor input =
        models::detector_input(models::letterbox_image(picture.image, plan)).to(device);
    const models::Predictions predictions = network.predict(input);
    const double x = static_cast<double>(picture.width) / picture.image.width;
    const double y = static_cast<double>(picture.height) / picture.image.height;
    for (const models::Detection& d : models::select_detections(predictions, 0, selection)) {
      const data::CocoBox box = models::box_in_picture(d.x0, d.y0, d.x1, d.y1, plan);
      data::CocoObject object;
      object.id = static_cast<std::int64_t>(result.detections.size()) + 1;
      object.image_id = static_cast<std::int64_t>(i) + 1;
      object.category_id = d.class_index + 1;
      object.box = {box.x * x, box.y * y, box.width * x, box.height * y};
      object.area = object.box.width * object.box.height;
      object.score = static_cast<double>(d.score);
      result.detections.push_back(std::move(object));
    }
  }
  const CocoCurves curves = evaluate_coco(result.truth, result.detections, CocoShape::kBox);
  result.summary = coco_summary(curves);
  for (std::size_t k = 0; k < set.classes.size(); ++k) {
    result.class_ap.push_back(coco_category(curves, k).ap);
  }
  return result;
}

}  // namespace ersatz::evaluate
