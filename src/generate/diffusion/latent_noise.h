// The random numbers of a batch of images, each image from a generator of its own.
#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ersatz::generate {

// Standard normal latents, drawn on the CPU in float32 like
// `torch.randn([1, C, h, w], generator=torch.Generator().manual_seed(seed))` for every image of the
// batch: the same numbers on every device, in every type and in any batch.
class LatentNoise {
 public:
  // `image_shape` [C, h, w]. Results are float32 on `device`.
  LatentNoise(const std::vector<std::uint64_t>& seeds, std::vector<std::int64_t> image_shape,
              c10::Device device);

  // Recorded numbers instead of drawn ones. `initial` [B, C, h, w] stands for the draw the latents
  // begin with; `draws`, when there are any, for all others in order.
  void replay(std::optional<torch::Tensor> initial, std::vector<torch::Tensor> draws);

  // The draw the latents begin with: [B, C, h, w].
  torch::Tensor initial();
  // The next draw: [B, C, h, w]. Error::usage when the recorded ones are used up or of another
  // shape.
  torch::Tensor draw();

 private:
  std::vector<at::Generator> generators_;
  std::vector<std::int64_t> image_shape_;
  c10::Device device_;
  std::optional<torch::Tensor> recorded_initial_;
  std::vector<torch::Tensor> recorded_;
  std::size_t next_ = 0;
};

}  // namespace ersatz::generate
