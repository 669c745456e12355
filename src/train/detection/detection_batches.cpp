#include "train/detection/detection_batches.h"

#include <torch/types.h>

#include <algorithm>
#include <cstring>

namespace ersatz::train {

DetectionTargets detection_targets(const std::vector<std::vector<data::ObjectBox>>& boxes) {
  std::size_t most = 1;
  for (const auto& of_picture : boxes) most = std::max(most, of_picture.size());
  const auto b = static_cast<std::int64_t>(boxes.size()), m = static_cast<std::int64_t>(most);
  DetectionTargets targets;
  targets.boxes = torch::zeros({b, m, 4});
  targets.classes = torch::zeros({b, m}, torch::kInt64);
  float* corner = targets.boxes.data_ptr<float>();
  auto* index = targets.classes.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (std::size_t j = 0; j < boxes[i].size(); ++j) {
      const data::ObjectBox& box = boxes[i][j];
      const std::size_t at = i * most + j;
      corner[4 * at] = box.x0;
      corner[4 * at + 1] = box.y0;
      corner[4 * at + 2] = box.x1;
      corner[4 * at + 3] = box.y1;
      index[at] = box.class_index;
    }
    targets.counts.push_back(static_cast<std::int64_t>(boxes[i].size()));
  }
  return targets;
}

DetectionBatch detection_batch(const data::DetectionSet& set,
                               const std::vector<std::int64_t>& indices,
                               const data::DetectionAugmentation& augmentation, std::uint64_t seed,
                               std::int64_t epoch) {
  const auto count = static_cast<std::int64_t>(indices.size());
  DetectionBatch batch;
  const torch::Tensor pixels = torch::empty({count, set.size, set.size, 3}, torch::kUInt8);
  auto* to = pixels.data_ptr<std::uint8_t>();
  std::vector<std::vector<data::ObjectBox>> boxes;
  for (const std::int64_t index : indices) {
    data::DetectionExample example = data::augmented_example(set, index, augmentation, seed, epoch);
    std::memcpy(to, example.image.pixels.data(), example.image.pixels.size());
    to += example.image.pixels.size();
    boxes.push_back(std::move(example.boxes));
    batch.names.push_back(set.pictures[static_cast<std::size_t>(index)].name);
  }
  batch.images = pixels.permute({0, 3, 1, 2});
  batch.targets = detection_targets(boxes);
  return batch;
}

torch::Tensor detection_input(const torch::Tensor& images, const c10::Device& device) {
  return images.to(device).to(torch::kFloat32).div_(255);
}

}  // namespace ersatz::train
