// Classifiers on a GPU: logits and gradients of the CPU.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "cuda/cuda_fixture.h"
#include "models/image_classifier.h"

namespace ersatz::models {
namespace {

class CudaClassifiers : public test::Cuda {};

TEST_F(CudaClassifiers, LogitsAndGradientsEqualTheCpus) {
  for (const char* name : {"resnet10", "squeezenet1_0"}) {
    ClassifierArchitecture architecture;
    architecture.name = name;
    architecture.classes = 5;
    const auto cpu = make_image_classifier(architecture, 3);
    const auto gpu = make_image_classifier(architecture, 3);
    gpu->to(device_);
    cpu->eval();
    gpu->eval();
    torch::manual_seed(1);
    const torch::Tensor images = torch::randn({4, 3, 64, 64});
    const torch::Tensor targets = torch::tensor({0, 1, 2, 3}, torch::kInt64);
    const torch::Tensor expected = cpu->forward(images);
    const torch::Tensor found = gpu->forward(images.to(device_));
    EXPECT_LT(test::relative_difference(found, expected), 1e-4) << name;
    torch::cross_entropy_loss(expected, targets).backward();
    torch::cross_entropy_loss(found, targets.to(device_)).backward();
    const auto ours = gpu->named_parameters();
    for (const auto& parameter : cpu->named_parameters()) {
      const torch::Tensor gradient = parameter.value().grad();
      if (!gradient.defined() || gradient.norm().item<double>() < 1e-6) continue;
      EXPECT_LT(test::relative_difference(ours[parameter.key()].grad(), gradient), 1e-3)
          << name << " " << parameter.key();
    }
  }
}

}  // namespace
}  // namespace ersatz::models
