// Computing in a narrow type where it does no harm (libtorch's autocast), on CUDA.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

#include "core/json.h"
#include "train/detection/detector_trainer.h"

namespace ersatz::train {

// While it lives, libtorch's convolutions and matrix products on CUDA compute in the type; nothing
// for kFloat32.
class Autocast {
 public:
  explicit Autocast(TrainingType type);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool active_;
};

// Error::usage for a narrow type on the CPU.
void check_training_type(TrainingType type, const c10::Device& device);

// The factor of the loss that keeps small gradients of float16 from vanishing (Micikevicius et al.
// 2018, section 3.2): halved when a gradient overflows, doubled after 2000 updates without that. 1
// for other types.
class LossScale {
 public:
  explicit LossScale(TrainingType type)
      : scale_(type == TrainingType::kFloat16 ? 65536 : 1),
        dynamic_(type == TrainingType::kFloat16) {}
  double scale() const { return scale_; }
  bool dynamic() const { return dynamic_; }
  // After the gradients are there: whether they are finite. False: the update is to be left out.
  bool accept(bool finite);

  core::Json state() const { return {scale_, since_}; }
  void load_state(const core::Json& state);

 private:
  double scale_;
  bool dynamic_;
  std::int64_t since_ = 0;  // updates
};

}  // namespace ersatz::train
