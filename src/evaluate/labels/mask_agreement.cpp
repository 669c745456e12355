#include "evaluate/labels/mask_agreement.h"

#include <map>
#include <utility>

#include "core/error.h"
#include "data/coco/polygon_mask.h"

namespace ersatz::evaluate {
namespace {

struct Masks {
  std::vector<data::Rle> objects, labels;
  bool crowd = false;
};

const data::Rle& mask_of(const data::CocoObject& object) {
  if (!object.mask) throw core::Error::internal("agreement of masks where one is missing");
  return *object.mask;
}

double agreement(const Masks& masks) {
  if (masks.objects.empty() || masks.labels.empty()) return 0;
  const data::Overlap pixels =
      data::overlap(data::union_of(masks.objects), data::union_of(masks.labels));
  return pixels.either == 0 ? 0
                            : static_cast<double>(pixels.both) / static_cast<double>(pixels.either);
}

}  // namespace

std::vector<MaskAgreement> mask_agreement(const data::CocoGroundTruth& truth,
                                          const std::vector<data::CocoObject>& labels) {
  std::map<std::pair<std::int64_t, std::int64_t>, Masks> scenes;
  for (const data::CocoObject& object : truth.objects) {
    Masks& masks = scenes[{object.image_id, object.category_id}];
    masks.objects.push_back(mask_of(object));
    masks.crowd = masks.crowd || object.crowd;
  }
  for (const data::CocoObject& label : labels) {
    if (truth.categories.count(label.category_id) == 0) continue;
    scenes[{label.image_id, label.category_id}].labels.push_back(mask_of(label));
  }
  std::vector<MaskAgreement> all;
  for (const auto& [key, masks] : scenes) {
    if (!masks.crowd) all.push_back({key.first, key.second, agreement(masks)});
  }
  return all;
}

}  // namespace ersatz::evaluate
