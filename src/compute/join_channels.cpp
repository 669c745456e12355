#include "compute/join_channels.h"

#include <torch/nn/functional/upsampling.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdint>

#include "compute/gradients.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

namespace F = torch::nn::functional;

// Whether the channels of a pixel lie beside each other, and the pixels of a row in equal steps.
bool served(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.numel() > 0 && x.stride(1) == 1 &&
         x.stride(3) >= x.size(1) && x.stride(2) == x.size(3) * x.stride(3) &&
         x.stride(0) == x.size(2) * x.stride(2);
}

torch::Tensor by_libtorch(const std::vector<JoinedPart>& parts) {
  std::vector<torch::Tensor> tensors;
  for (const JoinedPart& part : parts) {
    tensors.push_back(part.doubled
                          ? F::interpolate(part.x, F::InterpolateFuncOptions()
                                                       .scale_factor(std::vector<double>{2, 2})
                                                       .mode(torch::kNearest))
                          : part.x);
  }
  return torch::cat(tensors, 1).contiguous(torch::MemoryFormat::ChannelsLast);
}

struct Source {
  const float* data;
  std::int64_t channels, pixel, row, image;  // steps in numbers
  int shift;
};

}  // namespace

torch::Tensor join_channels(const std::vector<JoinedPart>& parts) {
  TORCH_CHECK(!parts.empty(), "joining the channels of nothing");
  std::int64_t channels = 0;
  bool fast = true;
  const JoinedPart& first = parts.front();
  const std::int64_t scale = first.doubled ? 2 : 1;
  const std::int64_t batch = first.x.size(0), height = first.x.size(2) * scale,
                     width = first.x.size(3) * scale;
  std::vector<Source> sources;
  for (const JoinedPart& part : parts) {
    const torch::Tensor& x = part.x;
    const std::int64_t times = part.doubled ? 2 : 1;
    TORCH_CHECK(x.dim() == 4 && x.size(0) == batch && x.size(2) * times == height &&
                    x.size(3) * times == width,
                "joining the channels of ", first.x.sizes(), " and ", x.sizes());
    fast = fast && served(x) && !needs_gradient({x});
    if (fast) {
      sources.push_back({x.data_ptr<float>(), x.size(1), x.stride(3), x.stride(2), x.stride(0),
                         part.doubled ? 1 : 0});
    }
    channels += x.size(1);
  }
  if (!fast) return by_libtorch(parts);
  torch::Tensor out = empty_channels_last(batch, channels, height, width);
  float* to = out.data_ptr<float>();
  parallel_for(
      batch * height, grain_for(width * channels), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t line = begin; line < end; ++line) {
          const std::int64_t b = line / height, y = line % height;
          float* pixels = to + line * width * channels;
          for (const Source& source : sources) {
            const float* row = source.data + b * source.image + (y >> source.shift) * source.row;
            for (std::int64_t x = 0; x < width; ++x) {
              std::copy_n(row + (x >> source.shift) * source.pixel, source.channels,
                          pixels + x * channels);
            }
            pixels += source.channels;
          }
        }
      });
  return out;
}

}  // namespace ersatz::compute
