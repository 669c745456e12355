// Supervised labels (DiffuGen): objects that a segmentation network finds in a picture, as classes
// of the dataset.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/images/rgb_image.h"
#include "label/object_label.h"
#include "models/detection/object_finder.h"

namespace ersatz::label {

// Classes of the dataset in its order, each with the class of the network it is found as: several
// may be found as one ("car", "sedan" and "suv" as "car").
class ClassMap {
 public:
  // `pairs`: dataset class -> network class, as in DiffuGen's configuration. Error::usage for an
  // empty list, a pair whose class the dataset or the network does not have (with the nearest), and
  // a dataset class that is mapped twice. Dataset classes without a pair are not found.
  ClassMap(const std::vector<std::string>& dataset_classes,
           const std::vector<std::pair<std::string, std::string>>& pairs,
           const std::vector<std::string>& network_classes);

  // The dataset's index for a network's class: `prompted`, when that is found as it; otherwise the
  // first that is; nothing for other classes of the network.
  std::optional<std::int64_t> dataset_class(std::int64_t network_class,
                                            std::optional<std::int64_t> prompted) const;
  // The network's classes that are of use, ascending.
  std::vector<std::int64_t> network_classes() const;
  const std::string& network_class_name(std::int64_t network_class) const;

 private:
  std::vector<std::string> names_;                     // of the network
  std::vector<std::optional<std::int64_t>> found_as_;  // [dataset classes]
};

struct SegmenterOptions {
  // DiffuGen's: confidence 0.45, longer side 640 px, padded to multiples of 32 only; the rest
  // Ultralytics' defaults.
  double confidence = 0.45, overlap = 0.7;
  int size = 640;
  bool rect = true;
  std::int64_t most = 300;
};

class Segmenter {
 public:
  // `weights`: the name of the network in the labels' origin, "segmenter/<weights>". Error::usage
  // for a network without masks and for impossible options.
  Segmenter(std::shared_ptr<models::Predictor> network, ClassMap classes, std::string weights,
            const SegmenterOptions& options = {}, const c10::Device& device = torch::kCPU);

  std::string method() const { return "segmenter/" + weights_; }

  // Best first. `prompted`: the dataset's class that the picture was made to show. The score is the
  // network's; box and polygon are those of the mask, the polygon of its largest part. Objects
  // whose mask has no part of three points are left out. May be called from several threads, which
  // wait for each other.
  std::vector<ObjectLabel> labels(const data::RgbImage& picture,
                                  std::optional<std::int64_t> prompted = std::nullopt) const;

 private:
  ClassMap classes_;
  std::string weights_;
  models::ObjectFinder finder_;
  mutable std::mutex guard_;
};

}  // namespace ersatz::label
