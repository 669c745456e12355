// Tests that need a GPU, and what they compare by.
#pragma once

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>

namespace ersatz::test {

// Skips where there is no CUDA. TF32 is off during a test, so that float32 means float32.
class Cuda : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  const c10::Device device_{c10::kCUDA, 0};

 private:
  bool had_tf32_ = true;
};

// |a - b| / |b| over all elements, on the CPU in float64; infinite when an element is not finite.
double relative_difference(const torch::Tensor& a, const torch::Tensor& b);

// Moves all parameters, kernels in the memory order that convolutions on a GPU like best.
void move_to(torch::nn::Module& module, const c10::Device& device, c10::ScalarType type);

}  // namespace ersatz::test
