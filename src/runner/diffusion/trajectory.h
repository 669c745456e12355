// Recorded random numbers in, recorded latents out: for comparing runs with other programs.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "generate/diffusion/pipeline.h"

namespace ersatz::runner {

// What --init-latents and --noise hold, for all images of a run (of all shards).
class RecordedNoise {
 public:
  // Files may be empty strings. `images`: how many rows each tensor must have. Error::untrusted
  // when a file is damaged, Error::usage when its tensors are not what is expected.
  RecordedNoise(const std::string& latents_file, const std::string& noise_file,
                std::int64_t images);

  // Fills `latents` and `noise` of a request for the images of these indices.
  void apply(const std::vector<std::int64_t>& indices, generate::SamplingRequest& request) const;

 private:
  std::optional<torch::Tensor> latents_;  // [images, 4, h, w]
  std::vector<torch::Tensor> noise_;      // each [images, 4, h, w]
};

// Collects the latents of every step, batch after batch.
class TrajectoryRecorder {
 public:
  // Call at every step, then once with the pictures of the batch.
  void on_step(const generate::SamplingStep& step);
  void finish_batch(const torch::Tensor& images);

  // Keys latents_000 (as they enter step 0), latents_001 (after it), ... and image [B, 3, H, W] in
  // [-1, 1]; all float32, B over all batches.
  void write(const std::filesystem::path& file) const;

 private:
  std::vector<std::vector<torch::Tensor>> latents_;  // by step, then batch
  std::vector<torch::Tensor> images_;
};

}  // namespace ersatz::runner
