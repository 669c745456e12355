#include "train/classifier_evaluation.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <numeric>

#include "compute/torch_device.h"
#include "core/error.h"
#include "models/digit_classifier.h"
#include "train/image_set.h"

namespace ersatz::train {

namespace {

// Calls visit(network, batch of images in [0, 1]) for batch after batch.
template <typename Visit>
void for_each_batch(const std::filesystem::path& weights_file, const data::LabelledImages& images,
                    const std::string& device, std::int64_t batch_size, Visit visit) {
  const torch::NoGradGuard no_grad;
  const c10::Device where = compute::torch_device(device);
  const auto network = models::load_digit_classifier(weights_file);
  network->to(where);
  if (images.size() == 0) return;
  const ImageSet set(images, where, 0);
  for (std::int64_t begin = 0; begin < set.size(); begin += batch_size) {
    std::vector<std::int64_t> indices(
        static_cast<std::size_t>(std::min(batch_size, set.size() - begin)));
    std::iota(indices.begin(), indices.end(), begin);
    visit(*network, set.gather(indices, 255.0, 0.0).images);
  }
}

}  // namespace

std::vector<std::uint8_t> classify(const std::filesystem::path& weights_file,
                                   const data::LabelledImages& images, const std::string& device,
                                   std::int64_t batch_size) {
  std::vector<std::uint8_t> predictions;
  for_each_batch(weights_file, images, device, batch_size,
                 [&](models::DigitClassifier& network, const torch::Tensor& batch) {
                   const torch::Tensor best =
                       network.forward(batch).argmax(1).to(torch::kUInt8).to(torch::kCPU);
                   const auto* data = best.data_ptr<std::uint8_t>();
                   predictions.insert(predictions.end(), data, data + best.numel());
                 });
  return predictions;
}

ClassifierFeatures classifier_features(const std::filesystem::path& weights_file,
                                       const data::LabelledImages& images,
                                       const std::string& device, std::int64_t batch_size) {
  ClassifierFeatures features;
  for_each_batch(weights_file, images, device, batch_size,
                 [&](models::DigitClassifier& network, const torch::Tensor& batch) {
                   const torch::Tensor rows = network.features(batch).to(torch::kCPU).contiguous();
                   features.width = rows.size(1);
                   const auto* data = rows.data_ptr<float>();
                   features.values.insert(features.values.end(), data, data + rows.numel());
                 });
  return features;
}

double error_percent(const std::vector<std::uint8_t>& predictions,
                     const std::vector<std::uint8_t>& labels) {
  if (predictions.size() != labels.size()) {
    throw core::Error::internal(
        fmt::format("{} predictions for {} labels", predictions.size(), labels.size()));
  }
  if (labels.empty()) throw core::Error::usage("an error rate needs at least one image");
  const auto wrong = std::inner_product(predictions.begin(), predictions.end(), labels.begin(),
                                        std::int64_t{0}, std::plus<>(), std::not_equal_to<>());
  return 100.0 * static_cast<double>(wrong) / static_cast<double>(labels.size());
}

}  // namespace ersatz::train
