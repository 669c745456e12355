#include "label/segmenter.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/suggest.h"
#include "label/mask_contour.h"

namespace ersatz::label {
namespace {

// A mask is where the sigmoid of the network's sum is above a half.
constexpr double kThreshold = 127.5;

std::int64_t index_of(const std::vector<std::string>& names, const std::string& name,
                      const char* what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw core::unknown_name(what, name, names);
  }
  return found - names.begin();
}

models::FindOptions find_options(const SegmenterOptions& options, const ClassMap& classes) {
  models::FindOptions find;
  find.input.size = options.size;
  find.input.rect = options.rect;
  find.selection.confidence = options.confidence;
  find.selection.overlap = options.overlap;
  find.selection.most = options.most;
  find.selection.classes = classes.network_classes();
  return find;
}

}  // namespace

ClassMap::ClassMap(const std::vector<std::string>& dataset_classes,
                   const std::vector<std::pair<std::string, std::string>>& pairs,
                   const std::vector<std::string>& network_classes)
    : names_(network_classes), found_as_(dataset_classes.size()) {
  if (pairs.empty()) {
    throw core::Error::usage("no class of the dataset has a class of the segmenter");
  }
  for (const auto& [dataset_class, network_class] : pairs) {
    auto& found = found_as_[static_cast<std::size_t>(
        index_of(dataset_classes, dataset_class, "class of the dataset"))];
    if (found) {
      throw core::Error::usage(
          fmt::format("the dataset's class '{}' is mapped twice", dataset_class));
    }
    found = index_of(names_, network_class, "class of the segmenter");
  }
}

std::optional<std::int64_t> ClassMap::dataset_class(std::int64_t network_class,
                                                    std::optional<std::int64_t> prompted) const {
  const auto fits = [&](std::size_t k) { return found_as_[k] && *found_as_[k] == network_class; };
  if (prompted && *prompted >= 0 && *prompted < static_cast<std::int64_t>(found_as_.size()) &&
      fits(static_cast<std::size_t>(*prompted))) {
    return prompted;
  }
  for (std::size_t k = 0; k < found_as_.size(); ++k) {
    if (fits(k)) return static_cast<std::int64_t>(k);
  }
  return std::nullopt;
}

std::vector<std::int64_t> ClassMap::network_classes() const {
  std::vector<std::int64_t> classes;
  for (const auto& found : found_as_) {
    if (found) classes.push_back(*found);
  }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  return classes;
}

const std::string& ClassMap::network_class_name(std::int64_t network_class) const {
  return names_.at(static_cast<std::size_t>(network_class));
}

Segmenter::Segmenter(std::shared_ptr<models::Predictor> network, ClassMap classes,
                     std::string weights, const SegmenterOptions& options,
                     const c10::Device& device)
    : classes_(std::move(classes)),
      weights_(std::move(weights)),
      finder_(std::move(network), find_options(options, classes_), device) {
  if (!finder_.detector().has_masks()) {
    throw core::Error::usage(
        fmt::format("{} finds boxes only: labels need a segmentation network", weights_));
  }
}

std::vector<ObjectLabel> Segmenter::labels(const data::RgbImage& picture,
                                           std::optional<std::int64_t> prompted) const {
  std::vector<models::FoundObject> found;
  {
    const std::lock_guard<std::mutex> lock(guard_);
    found = finder_.find(picture);
  }
  std::vector<ObjectLabel> labels;
  for (models::FoundObject& object : found) {
    const auto class_index = classes_.dataset_class(object.class_index, prompted);
    if (!class_index) continue;
    ObjectLabel label;
    label.polygon = largest_contour(*object.mask);
    if (label.polygon.empty()) continue;
    label.class_index = *class_index;
    label.score = object.score;
    label.mask = std::move(*object.mask);
    label.box = data::rle_box(label.mask);
    label.origin = {method(), classes_.network_class_name(object.class_index), kThreshold,
                    static_cast<std::int64_t>(labels.size())};
    labels.push_back(std::move(label));
  }
  return labels;
}

}  // namespace ersatz::label
