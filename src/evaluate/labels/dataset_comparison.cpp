#include "evaluate/labels/dataset_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/suggest.h"
#include "data/coco/polygon_mask.h"

namespace ersatz::evaluate {
namespace {

using core::Error;
using label::AnnotatedObject;
using label::LabelledDataset;
using label::LabelledPicture;

std::string stem_of(const std::string& file) {
  return std::filesystem::path(file).replace_extension().generic_string();
}

std::map<std::string, const LabelledPicture*> by_stem(const LabelledDataset& dataset) {
  std::map<std::string, const LabelledPicture*> pictures;
  for (const LabelledPicture& picture : dataset.pictures) {
    const auto [other, is_new] = pictures.emplace(stem_of(picture.file), &picture);
    if (!is_new) {
      throw Error::usage(fmt::format("pictures '{}' and '{}' differ in the ending only",
                                     other->second->file, picture.file));
    }
  }
  return pictures;
}

// An object in a picture of `width` x `height`, where its outlines and box are scaled to.
data::CocoObject coco_object(const AnnotatedObject& from, const LabelledPicture& picture, int width,
                             int height, bool masks, data::MaskBudget& budget) {
  const double across = static_cast<double>(width) / picture.width;
  const double down = static_cast<double>(height) / picture.height;
  data::CocoObject object;
  object.box = {from.box.x * across, from.box.y * down, from.box.width * across,
                from.box.height * down};
  object.area = object.box.width * object.box.height;
  object.crowd = from.crowd;
  object.score = from.score;
  if (!masks || from.outlines.empty()) return object;
  std::vector<data::Rle> parts;
  for (label::Outline outline : from.outlines) {
    for (std::size_t i = 0; i + 1 < outline.size(); i += 2) {
      outline[i] *= across;
      outline[i + 1] *= down;
    }
    // What a file may hold is bounded, what it is scaled to is not.
    if (std::any_of(outline.begin(), outline.end(), [](double value) {
          return !(std::abs(value) <= data::kMaxPolygonCoordinate);
        })) {
      throw Error::untrusted(
          picture.file,
          fmt::format("an outline that leaves the {} x {} px of its picture by more than can be "
                      "scaled to the {} x {} px of the ground truth",
                      picture.width, picture.height, width, height));
    }
    parts.push_back(data::polygon_mask(outline, height, width, &budget));
  }
  object.mask = data::union_of(std::move(parts), budget);
  object.area = static_cast<double>(data::rle_area(*object.mask));
  return object;
}

// The truth's category for each class of the labels; 0 where it has none.
std::vector<std::int64_t> categories_of(const LabelledDataset& truth, const LabelledDataset& labels,
                                        const std::map<std::string, std::string>& renamed) {
  for (const auto& [from, to] : renamed) {
    for (const auto& [name, classes] :
         {std::pair{from, &labels.classes}, std::pair{to, &truth.classes}}) {
      if (std::find(classes->begin(), classes->end(), name) == classes->end()) {
        throw core::unknown_name(
            classes == &labels.classes ? "class of the labels" : "class of the ground truth", name,
            *classes);
      }
    }
  }
  std::map<std::string, std::int64_t> places;  // of equal names the first
  for (std::size_t i = 0; i < truth.classes.size(); ++i) {
    places.emplace(truth.classes[i], static_cast<std::int64_t>(i) + 1);
  }
  std::vector<std::int64_t> categories;
  for (const std::string& own : labels.classes) {
    const auto other = renamed.find(own);
    const std::string& name = other == renamed.end() ? own : other->second;
    const auto place = places.find(name);
    categories.push_back(place == places.end() ? 0 : place->second);
  }
  return categories;
}

}  // namespace

DatasetComparison compare_datasets(const LabelledDataset& truth, const LabelledDataset& labels,
                                   const std::map<std::string, std::string>& renamed, bool masks,
                                   bool any_class) {
  DatasetComparison result;
  data::MaskBudget budget("the objects and labels together");
  for (std::size_t i = 0; i < truth.classes.size(); ++i) {
    result.truth.categories[static_cast<std::int64_t>(i) + 1] = truth.classes[i];
  }
  const std::vector<std::int64_t> categories = categories_of(truth, labels, renamed);
  by_stem(truth);
  std::map<std::string, const LabelledPicture*> others = by_stem(labels);
  for (const LabelledPicture& picture : truth.pictures) {
    const auto id = static_cast<std::int64_t>(result.truth.image_ids.size()) + 1;
    result.truth.image_ids.push_back(id);
    result.truth.sizes[id] = {picture.height, picture.width};
    for (const AnnotatedObject& object : picture.objects) {
      data::CocoObject wanted =
          coco_object(object, picture, picture.width, picture.height, masks, budget);
      wanted.id = static_cast<std::int64_t>(result.truth.objects.size()) + 1;
      wanted.image_id = id;
      wanted.category_id = object.class_index + 1;
      result.truth.objects.push_back(std::move(wanted));
    }
    const auto other = others.find(stem_of(picture.file));
    if (other == others.end()) {
      ++result.pictures_without_labels;
      continue;
    }
    const LabelledPicture& labelled = *other->second;
    others.erase(other);
    if (labelled.width != picture.width || labelled.height != picture.height) ++result.resized;
    for (const AnnotatedObject& object : labelled.objects) {
      const auto place = static_cast<std::size_t>(object.class_index);
      if (categories[place] == 0 && !any_class) {
        ++result.unknown_classes[labels.classes[place]];
        continue;
      }
      data::CocoObject label =
          coco_object(object, labelled, picture.width, picture.height, masks, budget);
      label.id = static_cast<std::int64_t>(result.labels.size()) + 1;
      label.image_id = id;
      label.category_id = categories[place];
      result.labels.push_back(std::move(label));
    }
  }
  result.pictures_without_truth = static_cast<std::int64_t>(others.size());
  if (result.pictures_without_labels == static_cast<std::int64_t>(truth.pictures.size())) {
    throw Error::usage(
        "no picture of the ground truth is among the labelled ones",
        truth.pictures.empty() || labels.pictures.empty()
            ? ""
            : fmt::format("'{}' against '{}': paths below the folders of pictures must agree",
                          truth.pictures.front().file, labels.pictures.front().file));
  }
  return result;
}

}  // namespace ersatz::evaluate
