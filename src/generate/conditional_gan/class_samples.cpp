#include "generate/conditional_gan/class_samples.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstring>

#include "compute/random_rows.h"
#include "compute/torch_device.h"
#include "core/error.h"
#include "core/signals.h"
#include "models/conditional_gan_generator.h"

namespace ersatz::generate {

namespace {

// Noise of every picture: number k among those of its class has row k of the class's stream.
torch::Tensor noise_of(const std::vector<std::uint8_t>& labels, std::int64_t classes,
                       std::int64_t dimensions, std::uint64_t seed) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes), 0);
  for (const std::uint8_t label : labels) ++counts[label];
  std::vector<torch::Tensor> streams;
  for (std::int64_t k = 0; k < classes; ++k) {
    streams.push_back(compute::normal_rows(counts[static_cast<std::size_t>(k)], {dimensions}, seed,
                                           fmt::format("cgan/sample/{}", k)));
  }
  std::fill(counts.begin(), counts.end(), 0);
  torch::Tensor noise = torch::empty({static_cast<std::int64_t>(labels.size()), dimensions});
  auto* to = noise.data_ptr<float>();
  const auto bytes = static_cast<std::size_t>(dimensions) * sizeof(float);
  for (const std::uint8_t label : labels) {
    std::memcpy(to, streams[label].data_ptr<float>() + counts[label]++ * dimensions, bytes);
    to += dimensions;
  }
  return noise;
}

}  // namespace

std::vector<std::string> class_names(const std::filesystem::path& weights_file) {
  return models::load_conditional_gan_generator(weights_file).class_names;
}

data::LabelledImages sample_classes(const std::filesystem::path& weights_file,
                                    const std::vector<std::uint8_t>& labels,
                                    const ClassSampleOptions& options) {
  const torch::NoGradGuard no_grad;
  const c10::Device device = compute::torch_device(options.device);
  const models::LoadedGenerator loaded = models::load_conditional_gan_generator(weights_file);
  models::ConditionalGanGenerator& generator = *loaded.network;
  const std::int64_t classes = generator.options().classes;
  if (options.batch_size < 1) throw core::Error::usage("a batch needs at least one picture");
  data::LabelledImages result;
  result.height = result.width = models::kConditionalGanSide;
  result.labels = labels;
  if (labels.empty()) return result;
  if (*std::max_element(labels.begin(), labels.end()) >= classes) {
    throw core::Error::usage(fmt::format("class {} asked for, the generator knows {} classes",
                                         *std::max_element(labels.begin(), labels.end()), classes));
  }
  result.pixels.resize(labels.size() * result.image_bytes());
  const torch::Tensor noise =
      noise_of(labels, classes, generator.options().latent_dimensions, options.seed);
  // from_blob wants a mutable pointer; the conversion that follows only reads.
  const auto total = static_cast<std::int64_t>(labels.size());
  const torch::Tensor all_labels =
      torch::from_blob(const_cast<std::uint8_t*>(labels.data()), {total}, torch::kUInt8)
          .to(torch::kInt64);
  generator.to(device);
  for (std::int64_t begin = 0; begin < total; begin += options.batch_size) {
    core::stop_point();
    const std::int64_t count = std::min(options.batch_size, total - begin);
    const torch::Tensor output = generator
                                     .forward(noise.narrow(0, begin, count).to(device),
                                              all_labels.narrow(0, begin, count).to(device))
                                     .to(torch::kCPU);
    if (!torch::isfinite(output).all().item<bool>()) {
      throw core::Error::numeric(
          "a generated picture",
          fmt::format("picture {} or one of the {} after it", begin, count - 1));
    }
    torch::Tensor block = torch::from_blob(result.image(static_cast<std::size_t>(begin)),
                                           {count, 1, result.height, result.width}, torch::kUInt8);
    block.copy_(output.add(1.0).mul_(127.5).round_().clamp_(0, 255));
    if (options.progress != nullptr) options.progress->set(begin + count);
  }
  return result;
}

std::vector<std::uint8_t> balanced_labels(std::int64_t classes, std::int64_t per_class) {
  std::vector<std::uint8_t> labels;
  for (std::int64_t k = 0; k < classes; ++k) {
    labels.insert(labels.end(), static_cast<std::size_t>(per_class), static_cast<std::uint8_t>(k));
  }
  return labels;
}

}  // namespace ersatz::generate
