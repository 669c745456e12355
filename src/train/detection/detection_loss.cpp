#include "train/detection/detection_loss.h"

#include "core/error.h"
#include "models/detection/retinanet.h"
#include "models/detection/yolov5.h"
#include "models/detection/yolov8.h"
#include "train/detection/retinanet_loss.h"
#include "train/detection/yolov5_loss.h"
#include "train/detection/yolov8_loss.h"

namespace ersatz::train {

std::unique_ptr<DetectionLoss> make_detection_loss(const models::Detector& network) {
  if (dynamic_cast<const models::Yolov8*>(&network) != nullptr) {
    return std::make_unique<Yolov8Loss>();
  }
  if (const auto* yolov5 = dynamic_cast<const models::Yolov5*>(&network)) {
    return std::make_unique<Yolov5Loss>(yolov5->anchors(), yolov5->classes());
  }
  if (const auto* retina = dynamic_cast<const models::RetinaNet*>(&network)) {
    RetinaNetLossOptions options;
    options.generalised_overlap = retina->config().version == 2;
    return std::make_unique<RetinaNetLoss>(retina->config().smallest_anchor, options);
  }
  throw core::Error::internal("a detector without a loss");
}

}  // namespace ersatz::train
