// What a sidecar says beside the recipe: with what, on what and how fast an image was made.
#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>

#include "core/json.h"
#include "runner/diffusion/model_digest.h"

namespace ersatz::runner {

struct ImageRecordInput {
  const ModelDigest& model;
  c10::Device device;
  int threads = 1;
  std::size_t batch = 1;  // images made together; the times are those of all
  std::int64_t network_calls = 0;
  double sampled = 0, finished = 0;  // seconds since the start: last step, pictures decoded
};

// {"model", "seconds", "machine", "software", "created"}; without paths or names of this machine.
core::Json image_record(const ImageRecordInput& input);

}  // namespace ersatz::runner
