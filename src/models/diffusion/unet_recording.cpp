#include "models/diffusion/unet_recording.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace ersatz::models {

namespace {

// Every recording keeps the memory its layers work in.
constexpr std::size_t kMostRecordings = 2;

std::vector<std::int64_t> shape_of(const torch::Tensor& sample, const torch::Tensor& timesteps,
                                   const CrossAttentionCache& cache) {
  std::vector<std::int64_t> shape = sample.sizes().vec();
  shape.push_back(static_cast<std::int64_t>(sample.scalar_type()));
  shape.push_back(timesteps.size(0));
  shape.push_back(cache.keys.empty() ? 0 : cache.keys.front().size(1));
  return shape;
}

CrossAttentionCache copy_of(const CrossAttentionCache& cache) {
  CrossAttentionCache copy;
  for (const torch::Tensor& key : cache.keys) copy.keys.push_back(key.clone());
  for (const torch::Tensor& value : cache.values) copy.values.push_back(value.clone());
  return copy;
}

bool same(const CrossAttentionCache& a, const CrossAttentionCache& b) {
  const auto is_same = [](const torch::Tensor& x, const torch::Tensor& y) { return x.is_same(y); };
  return std::equal(a.keys.begin(), a.keys.end(), b.keys.begin(), b.keys.end(), is_same) &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(), is_same);
}

void copy_into(const std::vector<torch::Tensor>& to, const std::vector<torch::Tensor>& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
}

}  // namespace

torch::Tensor UNetRecording::forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                                     const CrossAttentionCache& cache,
                                     const std::vector<torch::Tensor>& weights,
                                     const Forward& forward) {
  if (impossible_) return forward(sample, timesteps, cache);
  if (moved(weights)) recordings_.clear();
  std::vector<std::int64_t> shape = shape_of(sample, timesteps, cache);
  const auto found = std::find_if(recordings_.begin(), recordings_.end(),
                                  [&](const Recording& r) { return r.shape == shape; });
  if (found == recordings_.end()) {
    if (recordings_.size() == kMostRecordings) recordings_.erase(recordings_.begin());
    recordings_.emplace_back();
    recordings_.back().shape = std::move(shape);
    return forward(sample, timesteps, cache);
  }
  std::rotate(found, found + 1, recordings_.end());
  Recording& recording = recordings_.back();
  if (!recording.call) {
    try {
      record(recording, sample, timesteps, cache, forward);
    } catch (const c10::Error& error) {
      impossible_ = true;
      recordings_.clear();
      core::log_warning(
          fmt::format("the UNet's launches could not be recorded, so each is made "
                      "anew: {}",
                      error.what_without_backtrace()));
      return forward(sample, timesteps, cache);
    }
  }
  recording.sample.copy_(sample);
  recording.timesteps.copy_(timesteps);
  if (!same(cache, recording.copied)) {
    copy_into(recording.cache.keys, cache.keys);
    copy_into(recording.cache.values, cache.values);
    recording.copied = cache;
  }
  return recording.call->replay().clone();
}

bool UNetRecording::moved(const std::vector<torch::Tensor>& weights) {
  bool moved = places_.size() != weights.size();
  places_.resize(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const void* place = weights[i].data_ptr();
    moved = moved || place != places_[i];
    places_[i] = place;
  }
  return moved;
}

void UNetRecording::record(Recording& recording, const torch::Tensor& sample,
                           const torch::Tensor& timesteps, const CrossAttentionCache& cache,
                           const Forward& forward) const {
  recording.sample = sample.clone();
  recording.timesteps = timesteps.clone();
  recording.cache = copy_of(cache);
  recording.copied = cache;
  recording.call = compute::RecordedCall::record(sample.device(), [&] {
    return forward(recording.sample, recording.timesteps, recording.cache);
  });
}

}  // namespace ersatz::models
