#include "models/diffusion/weight_placement.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "models/safetensors.h"
#include "models/weights/weights.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

TEST(WeightPlacement, ViewsWhereTypeAndLayoutFit) {
  const test::TemporaryFolder folder;
  save_safetensors(folder / "w", {{"kernel", torch::randn({5, 7, 3, 3})},
                                  {"matrix", torch::randn({5, 7})},
                                  {"point", torch::randn({5, 7, 1, 1})}});
  const NamedTensors stored = open_weights(folder / "w").tensors;
  WeightPlacement placement;
  for (const char* name : {"matrix", "point", "kernel"}) {
    EXPECT_TRUE(place_weight(stored.at(name), placement).is_alias_of(stored.at(name))) << name;
  }
  placement.as_stored = true;
  EXPECT_TRUE(place_weight(stored.at("kernel"), placement).is_alias_of(stored.at("kernel")));
  placement = {};
  placement.type = torch::kBFloat16;
  const torch::Tensor rounded = place_weight(stored.at("kernel"), placement);
  EXPECT_TRUE(rounded.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(rounded, stored.at("kernel").to(torch::kBFloat16)));
  placement = {};
  placement.mapped = false;
  const torch::Tensor own = place_weight(stored.at("matrix"), placement);
  EXPECT_FALSE(own.is_alias_of(stored.at("matrix")));
  own.zero_();
  EXPECT_NE(stored.at("matrix").abs().sum().item<float>(), 0.0F);
  // For libtorch's convolutions, which training needs.
  const torch::Tensor kernel = place_weight(stored.at("kernel"), placement);
  EXPECT_TRUE(kernel.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(kernel, stored.at("kernel")));
}
}  // namespace
}  // namespace ersatz::models
