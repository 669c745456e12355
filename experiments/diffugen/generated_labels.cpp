#include "generated_labels.h"

#include <utility>

#include "evaluate/labels/dataset_comparison.h"
#include "evaluate/labels/label_scores.h"
#include "evaluate/labels/label_scores_json.h"
#include "label/dataset/mask_outlines.h"

namespace ersatz::diffugen {

using label::LabelledDataset;

label::LabelledPicture labelled(const GeneratedPicture& from, const data::RgbImage& pixels,
                                const std::vector<label::ObjectLabel>& labels) {
  label::LabelledPicture picture{
      from.stem + from.picture.extension().string(), pixels.width, pixels.height, {}, {}};
  for (const label::ObjectLabel& label : labels) {
    label::AnnotatedObject object;
    object.class_index = 0;
    object.box = {static_cast<double>(label.box.x), static_cast<double>(label.box.y),
                  static_cast<double>(label.box.width), static_cast<double>(label.box.height)};
    object.outlines = label::mask_outlines(label.mask, from.picture);
    object.score = label.score;
    object.origin = {{"method", label.origin.method}};
    picture.objects.push_back(std::move(object));
  }
  return picture;
}

core::Json compared(const LabelledDataset& truth, const LabelledDataset& labels, bool masks) {
  const evaluate::DatasetComparison pair =
      evaluate::compare_datasets(truth, labels, {}, masks, true);
  evaluate::LabelScoreOptions options;
  options.shape = masks ? evaluate::CocoShape::kMask : evaluate::CocoShape::kBox;
  options.any_class = true;
  return evaluate::label_scores_json(evaluate::label_scores(pair.truth, pair.labels, options));
}

core::Json compared(const LabelledDataset& truth, const LabelledDataset& labels) {
  return {{"masks", compared(truth, labels, true)}, {"boxes", compared(truth, labels, false)}};
}

LabelledDataset with_objects(const LabelledDataset& all) {
  LabelledDataset some = all;
  some.pictures.clear();
  for (const label::LabelledPicture& picture : all.pictures) {
    if (!picture.objects.empty()) some.pictures.push_back(picture);
  }
  return some;
}

}  // namespace ersatz::diffugen
