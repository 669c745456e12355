#include "generate/diffusion/latent_noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>

#include <utility>

#include "core/error.h"

namespace ersatz::generate {

LatentNoise::LatentNoise(const std::vector<std::uint64_t>& seeds,
                         std::vector<std::int64_t> image_shape, c10::Device device)
    : image_shape_(std::move(image_shape)), device_(device) {
  generators_.reserve(seeds.size());
  for (const std::uint64_t seed : seeds) {
    generators_.push_back(at::detail::createCPUGenerator(seed));
  }
}

void LatentNoise::replay(std::optional<torch::Tensor> initial, std::vector<torch::Tensor> draws) {
  recorded_initial_ = std::move(initial);
  recorded_ = std::move(draws);
  next_ = 0;
}

torch::Tensor LatentNoise::initial() {
  return recorded_initial_ ? recorded_initial_->to(device_, torch::kFloat32) : draw();
}

torch::Tensor LatentNoise::draw() {
  std::vector<std::int64_t> shape = {1};
  shape.insert(shape.end(), image_shape_.begin(), image_shape_.end());
  if (recorded_.empty()) {
    std::vector<torch::Tensor> images;
    images.reserve(generators_.size());
    for (at::Generator& generator : generators_) {
      images.push_back(torch::randn(shape, generator, torch::kFloat32));
    }
    return (images.size() == 1 ? images.front() : torch::cat(images)).to(device_);
  }
  if (next_ == recorded_.size()) {
    throw core::Error::usage(
        fmt::format("the sampler needs more noise than the {} recorded draws", recorded_.size()),
        "record the noise with the same scheduler, steps and mode");
  }
  const torch::Tensor& draw = recorded_[next_];
  shape.front() = static_cast<std::int64_t>(generators_.size());
  if (!draw.defined() || draw.sizes() != torch::IntArrayRef(shape)) {
    throw core::Error::usage(fmt::format(
        "recorded noise {} has the shape [{}], not [{}]", next_,
        fmt::join(draw.defined() ? draw.sizes().vec() : std::vector<std::int64_t>(), ", "),
        fmt::join(shape, ", ")));
  }
  ++next_;
  return draw.to(device_, torch::kFloat32);
}

}  // namespace ersatz::generate
