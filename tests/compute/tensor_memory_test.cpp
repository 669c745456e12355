#include "compute/tensor_memory.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/process_memory.h"

namespace ersatz::compute {
namespace {

constexpr std::int64_t kMega = std::int64_t{1} << 20;

torch::Tensor megabytes(std::int64_t count) { return empty_result({count, kMega / 4}); }

TEST(TensorMemory, IsUsedAgain) {
  release_tensor_memory();
  const std::int64_t before = tensor_memory().in_use;
  torch::Tensor x = megabytes(20);
  const void* memory = x.data_ptr();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0U);
  x.fill_(3);
  EXPECT_EQ(tensor_memory().in_use, before + 20 * kMega);
  x.reset();
  EXPECT_EQ(tensor_memory().in_use, before);
  EXPECT_EQ(tensor_memory().kept, 20 * kMega);
  // A little less fits, much less does not.
  x = megabytes(18);
  EXPECT_EQ(x.data_ptr(), memory);
  x.reset();
  x = megabytes(10);
  EXPECT_NE(x.data_ptr(), memory);
  x.reset();
  release_tensor_memory();
  EXPECT_EQ(tensor_memory().kept, 0);
}

TEST(TensorMemory, ViewsKeepTheirBlock) {
  torch::Tensor x = megabytes(16);
  x.zero_();
  const torch::Tensor view = x[3];
  x.reset();
  const torch::Tensor other = megabytes(16);
  other.fill_(1);
  EXPECT_EQ(view.abs().max().item<float>(), 0.0F);
}

TEST(TensorMemory, KeepsLittleMoreThanWasInUse) {
  release_tensor_memory();
  for (std::int64_t size = 10; size < 120; size += 9) {
    megabytes(size);
    const TensorMemory memory = tensor_memory();
    EXPECT_LE(memory.in_use + memory.kept, std::max(memory.most_in_use * 9 / 8, 64 * kMega));
  }
  release_tensor_memory();
}

TEST(TensorMemory, SmallResultsAreLibtorchs) {
  const std::int64_t before = tensor_memory().in_use;
  const torch::Tensor x = empty_result({3, 5}), none = empty_result({0, 7});
  EXPECT_EQ(x.sizes(), (std::vector<std::int64_t>{3, 5}));
  EXPECT_EQ(none.numel(), 0);
  EXPECT_EQ(tensor_memory().in_use, before);
}

TEST(TensorMemory, OwnPagesGoBackToTheSystem) {
  const std::int64_t before = test::resident_bytes();
  torch::Tensor bytes = own_pages(48 * kMega + 100);
  EXPECT_EQ(bytes.sizes(), (std::vector<std::int64_t>{48 * kMega + 100}));
  EXPECT_EQ(bytes.scalar_type(), torch::kUInt8);
  bytes.fill_(7);
  EXPECT_GE(test::resident_bytes(), before + 47 * kMega);
  // A part keeps the whole.
  torch::Tensor part = bytes.narrow(0, 64, 256).view(torch::kFloat32);
  bytes.reset();
  EXPECT_GE(test::resident_bytes(), before + 47 * kMega);
  part.reset();
  EXPECT_LT(test::resident_bytes(), before + 8 * kMega);
  EXPECT_EQ(own_pages(0).numel(), 0);
}

TEST(TensorMemory, OwnedAlone) {
  for (const std::int64_t size : {1, 16}) {
    torch::Tensor x = megabytes(size);
    EXPECT_TRUE(owned_alone(x));
    {
      const torch::Tensor same = x;
      EXPECT_FALSE(owned_alone(x));
    }
    {
      const torch::Tensor view = x[0];
      EXPECT_FALSE(owned_alone(x));
      EXPECT_FALSE(owned_alone(view));
    }
    EXPECT_TRUE(owned_alone(x));
  }
  EXPECT_TRUE(owned_alone(empty_channels_last(1, 16, 512, 512)));
  EXPECT_TRUE(
      empty_channels_last(2, 16, 512, 512).is_contiguous(torch::MemoryFormat::ChannelsLast));
  float numbers[4] = {};
  EXPECT_FALSE(owned_alone(torch::from_blob(numbers, {4})));
}

}  // namespace
}  // namespace ersatz::compute
