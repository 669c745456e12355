#include "runner/diffusion/trajectory.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "core/error.h"
#include "models/safetensors.h"

namespace ersatz::runner {
namespace {

using core::Error;

torch::Tensor checked(const std::string& file, const std::string& key, const torch::Tensor& tensor,
                      std::int64_t images) {
  if (!tensor.is_floating_point() || tensor.dim() != 4 || tensor.size(0) != images) {
    throw Error::usage(
        fmt::format("{}: {} is not a floating-point tensor [{}, 4, h, w]", file, key, images),
        fmt::format("it needs one row for each of the {} images", images));
  }
  return tensor.to(torch::kFloat);
}

}  // namespace

RecordedNoise::RecordedNoise(const std::string& latents_file, const std::string& noise_file,
                             std::int64_t images) {
  if (!latents_file.empty()) {
    const models::NamedTensors tensors = models::load_safetensors(latents_file).tensors;
    const auto found = tensors.find("latents");
    if (found == tensors.end()) {
      throw Error::usage(fmt::format("{} has no tensor 'latents'", latents_file));
    }
    latents_ = checked(latents_file, "latents", found->second, images);
  }
  if (!noise_file.empty()) {
    const models::NamedTensors tensors = models::load_safetensors(noise_file).tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const std::string key = fmt::format("noise_{:03d}", i);
      const auto found = tensors.find(key);
      if (found == tensors.end()) {
        throw Error::usage(
            fmt::format("{} has {} tensors but no '{}'", noise_file, tensors.size(), key),
            "they are named noise_000, noise_001, ... in the order of drawing");
      }
      noise_.push_back(checked(noise_file, key, found->second, images));
    }
  }
}

void RecordedNoise::apply(const std::vector<std::int64_t>& indices,
                          generate::SamplingRequest& request) const {
  const torch::Tensor rows = torch::tensor(indices, torch::kLong);
  if (latents_) request.latents = latents_->index_select(0, rows);
  for (const torch::Tensor& draw : noise_) request.noise.push_back(draw.index_select(0, rows));
}

void TrajectoryRecorder::on_step(const generate::SamplingStep& step) {
  const auto record = [&](std::size_t place, const torch::Tensor& latents) {
    if (latents_.size() <= place) latents_.resize(place + 1);
    latents_[place].push_back(latents.to(torch::kCPU, torch::kFloat, false, /*copy=*/true));
  };
  if (step.index == 0) record(0, step.before);
  record(static_cast<std::size_t>(step.index) + 1, step.latents);
}

void TrajectoryRecorder::finish_batch(const torch::Tensor& images) { images_.push_back(images); }

void TrajectoryRecorder::write(const std::filesystem::path& file) const {
  models::NamedTensors tensors;
  for (std::size_t i = 0; i < latents_.size(); ++i) {
    tensors[fmt::format("latents_{:03d}", i)] = torch::cat(latents_[i]);
  }
  if (!images_.empty()) tensors["image"] = torch::cat(images_).to(torch::kFloat);
  models::save_safetensors(file, tensors);
}

}  // namespace ersatz::runner
