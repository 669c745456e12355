#include "models/detection/object_finder.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "core/error.h"
#include "models/detection/instance_masks.h"

namespace ersatz::models {

torch::Tensor detector_input(const data::RgbImage& image) {
  const torch::Tensor bytes = torch::from_blob(const_cast<std::uint8_t*>(image.pixels.data()),
                                               {1, image.height, image.width, 3}, torch::kUInt8);
  return (bytes.to(torch::kFloat32) / 255).permute({0, 3, 1, 2});
}

ObjectFinder::ObjectFinder(std::shared_ptr<Predictor> detector, const FindOptions& options,
                           const c10::Device& device)
    : detector_(std::move(detector)), options_(options), device_(device) {
  options_.input.stride = static_cast<int>(detector_->stride());
  options_.masks = options.masks && detector_->has_masks();
  check_select_options(options_.selection, detector_->classes());
  if (const std::int64_t fixed = detector_->fixed_size(); fixed > 0) {
    if (options.input.size != fixed) {
      throw core::Error::usage(fmt::format("the detector takes inputs of {} px only, not {}", fixed,
                                           options.input.size));
    }
    options_.input.rect = false;
  }
  plan_letterbox(1, 1, options_.input);  // refuses impossible sizes
}

ObjectFinder::Input ObjectFinder::prepare(const data::RgbImage& picture) const {
  Input input;
  input.letterbox = plan_letterbox(picture.width, picture.height, options_.input);
  input.image = letterbox_image(picture, input.letterbox);
  return input;
}

std::vector<FoundObject> ObjectFinder::find(const data::RgbImage& picture) const {
  return find(prepare(picture));
}

std::vector<FoundObject> ObjectFinder::find(const Input& input) const {
  const torch::NoGradGuard no_grad;
  const Predictions predictions = detector_->predict(detector_input(input.image).to(device_));
  const std::vector<Detection> detections = select_detections(predictions, 0, options_.selection);
  std::vector<data::Rle> masks;
  if (options_.masks) masks = instance_masks(predictions, 0, detections, input.letterbox);
  std::vector<FoundObject> found;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const Detection& d = detections[i];
    FoundObject object;
    object.class_index = d.class_index;
    object.score = static_cast<double>(d.score);
    object.box = box_in_picture(d.x0, d.y0, d.x1, d.y1, input.letterbox);
    if (options_.masks) object.mask = std::move(masks[i]);
    found.push_back(std::move(object));
  }
  return found;
}

}  // namespace ersatz::models
