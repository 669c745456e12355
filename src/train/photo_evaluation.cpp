#include "train/photo_evaluation.h"

#include <fmt/format.h>
#include <torch/nn/functional/loss.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

#include "compute/torch_device.h"
#include "core/error.h"
#include "core/signals.h"
#include "data/prefetch.h"
#include "train/photo_batches.h"

namespace ersatz::train {

namespace {

// Evaluation mode as long as this lives.
class Evaluating {
 public:
  explicit Evaluating(torch::nn::Module& module) : module_(module), was_(module.is_training()) {
    module_.eval();
  }
  ~Evaluating() { module_.train(was_); }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;

 private:
  torch::nn::Module& module_;
  bool was_;
};

void for_each_batch(models::ImageClassifier& network, const data::PhotoSet& photos,
                    const data::PixelScaling& scaling, const EvaluationRun& run,
                    const std::function<void(const PhotoBatch&)>& visit) {
  if (photos.size() == 0) throw core::Error::usage("there are no photos to evaluate on");
  if (run.batch_size < 1) throw core::Error::usage("a batch needs at least one photo");
  const torch::NoGradGuard no_grad;
  const Evaluating evaluating(network);
  const c10::Device device = compute::torch_device(run.device);
  network.to(device);
  const data::PixelScaler scaler(scaling);
  const auto total = static_cast<std::int64_t>(photos.size());
  const std::int64_t batches = (total + run.batch_size - 1) / run.batch_size;
  data::Prefetch<PhotoBatch> prefetch(0, batches, [&](std::int64_t i) {
    std::vector<std::int64_t> indices(
        static_cast<std::size_t>(std::min(run.batch_size, total - i * run.batch_size)));
    std::iota(indices.begin(), indices.end(), i * run.batch_size);
    return photo_batch(photos, indices, scaler);
  });
  for (std::int64_t i = 0; i < batches; ++i) {
    core::stop_point();
    PhotoBatch batch = prefetch.next();
    batch.images = batch.images.to(device);
    batch.labels = batch.labels.to(device);
    visit(batch);
    if (run.progress != nullptr) run.progress->add(batch.labels.size(0));
  }
}

void append(std::vector<float>& values, const torch::Tensor& rows) {
  const torch::Tensor dense = rows.to(torch::kCPU, torch::kFloat32).contiguous();
  const float* data = dense.data_ptr<float>();
  values.insert(values.end(), data, data + dense.numel());
}

}  // namespace

PhotoEvaluation evaluate_photos(models::ImageClassifier& network, const data::PhotoSet& photos,
                                const data::PixelScaling& scaling, const EvaluationRun& run) {
  PhotoEvaluation result;
  double loss = 0;
  const auto begin = std::chrono::steady_clock::now();
  for_each_batch(network, photos, scaling, run, [&](const PhotoBatch& batch) {
    const torch::Tensor logits = network.forward(batch.images);
    const auto classes = logits.size(1);
    if (batch.labels.max().item<std::int64_t>() >= classes) {
      throw core::Error::usage(
          fmt::format("the photos have more classes than the network's {}", classes));
    }
    const auto sum = torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum);
    loss += torch::nn::functional::cross_entropy(logits, batch.labels, sum).item<double>();
    append(result.probabilities, torch::softmax(logits, 1));
    const torch::Tensor best = logits.argmax(1).to(torch::kCPU);
    const auto* data = best.data_ptr<std::int64_t>();
    std::transform(data, data + best.numel(), std::back_inserter(result.predictions),
                   [](std::int64_t k) { return static_cast<int>(k); });
  });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const auto count = static_cast<double>(photos.size());
  result.loss = loss / count;
  const auto right =
      std::inner_product(result.predictions.begin(), result.predictions.end(),
                         photos.images.labels.begin(), std::int64_t{0}, std::plus<>(),
                         [](int prediction, std::uint8_t label) { return prediction == label; });
  result.accuracy = static_cast<double>(right) / count;
  result.images_per_second = count / seconds.count();
  return result;
}

PhotoFeatures photo_features(models::ImageClassifier& network, const data::PhotoSet& photos,
                             const data::PixelScaling& scaling, const EvaluationRun& run) {
  PhotoFeatures result;
  for_each_batch(network, photos, scaling, run, [&](const PhotoBatch& batch) {
    const torch::Tensor features = network.pooled_features(batch.images);
    result.width = features.size(1);
    append(result.values, features);
  });
  return result;
}

}  // namespace ersatz::train
