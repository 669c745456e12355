#include "train/detection/autocast.h"

#include <ATen/autocast_mode.h>
#include <torch/types.h>

#include <algorithm>

#include "compute/torch_shim.h"
#include "core/error.h"

namespace ersatz::train {

namespace {

constexpr std::int64_t kGrowEvery = 2000;
constexpr double kLargest = 65536.0 * 65536.0;

}  // namespace

Autocast::Autocast(TrainingType type) : active_(type != TrainingType::kFloat32) {
  if (!active_) return;
  compute::set_cuda_autocast(true,
                             type == TrainingType::kBFloat16 ? torch::kBFloat16 : torch::kFloat16);
}

Autocast::~Autocast() {
  if (!active_) return;
  at::autocast::clear_cache();
  compute::set_cuda_autocast(false, torch::kFloat16);
}

void check_training_type(TrainingType type, const c10::Device& device) {
  if (type != TrainingType::kFloat32 && !device.is_cuda()) {
    throw core::Error::usage("on the CPU detectors train in float32");
  }
}

bool LossScale::accept(bool finite) {
  if (!dynamic_) return true;
  if (!finite) {
    scale_ = std::max(1.0, scale_ / 2);
    since_ = 0;
    return false;
  }
  if (++since_ == kGrowEvery) {
    scale_ = std::min(kLargest, scale_ * 2);
    since_ = 0;
  }
  return true;
}

void LossScale::load_state(const core::Json& state) {
  scale_ = state.at(0).get<double>();
  since_ = state.at(1).get<std::int64_t>();
}

}  // namespace ersatz::train
