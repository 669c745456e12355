#include "compute/doubled_conv2d.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <cstring>

#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

// Which of the three taps fall on each of the two pixels under a doubled pixel's first and second
// half: [half, pixel, tap]. The first half sees pixels y - 1 and y, the second y and y + 1.
constexpr float kTaps[2][2][3] = {{{1, 0, 0}, {0, 1, 1}}, {{1, 1, 0}, {0, 0, 1}}};

// [16, 9]: the 2x2 kernels of the four phases (phase row, phase column, tap row, tap column) from
// the 3x3 kernel.
const torch::Tensor& phase_matrix() {
  static const torch::Tensor matrix = [] {
    const torch::Tensor taps =
        torch::from_blob(const_cast<float*>(&kTaps[0][0][0]), {2, 2, 3}).clone();
    return torch::einsum("pya,qxb->pqyxab", {taps, taps}).reshape({16, 9}).contiguous();
  }();
  return matrix;
}

// [4 * O, I, 2, 2], channels-last, phase by phase.
torch::Tensor phase_kernels(const torch::Tensor& weight) {
  const std::int64_t outputs = weight.size(0), inputs = weight.size(1);
  const torch::Tensor taps = weight.permute({2, 3, 0, 1}).reshape({9, outputs * inputs});
  return torch::matmul(phase_matrix(), taps)
      .reshape({4, 2, 2, outputs, inputs})
      .permute({0, 3, 4, 1, 2})
      .reshape({4 * outputs, inputs, 2, 2});
}

// In pieces of a known size, which need no call.
void copy_pixel(const float* from, float* to, std::int64_t channels) {
  constexpr std::int64_t kPiece = 16;
  for (; channels >= kPiece; channels -= kPiece, from += kPiece, to += kPiece) {
    std::memcpy(to, from, kPiece * sizeof(float));
  }
  for (std::int64_t c = 0; c < channels; ++c) to[c] = from[c];
}

struct Phases {
  std::int64_t batch, channels, height, width;  // of the small image; channels of the result

  std::int64_t doubled(std::int64_t b, std::int64_t y, std::int64_t x) const {
    return ((b * 2 * height + y) * 2 * width + x) * channels;
  }
  // Where phase p of the convolution's result [B, H + 1, W + 1, 4 * channels] has that pixel.
  std::int64_t phase(std::int64_t b, std::int64_t y, std::int64_t x, std::int64_t p) const {
    return (((b * (height + 1) + y) * (width + 1) + x) * 4 + p) * channels;
  }

  // Calls copy(of doubled pixel, of phase) for all pixels of some rows of the doubled image.
  template <typename Copy>
  void for_each_pixel(const Copy& copy) const {
    parallel_for(batch * 2 * height, grain_for(2 * width * channels),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin; row < end; ++row) {
                     const std::int64_t b = row / (2 * height), y = row % (2 * height);
                     for (std::int64_t x = 0; x < 2 * width; ++x) {
                       copy(doubled(b, y, x),
                            phase(b, (y + 1) / 2, (x + 1) / 2, y % 2 * 2 + x % 2));
                     }
                   }
                 });
  }
};

// The four phases side by side, [B, 4 * O, H + 1, W + 1], to one image [B, O, 2H, 2W].
class Interleave : public torch::autograd::Function<Interleave> {
 public:
  static torch::Tensor forward(AutogradContext*, const torch::Tensor& phases) {
    const Phases at{phases.size(0), phases.size(1) / 4, phases.size(2) - 1, phases.size(3) - 1};
    const torch::Tensor in = phases.contiguous(kChannelsLast);
    torch::Tensor out = empty_channels_last(at.batch, at.channels, 2 * at.height, 2 * at.width);
    const float* const from = in.data_ptr<float>();
    float* const to = out.data_ptr<float>();
    at.for_each_pixel([&](std::int64_t doubled, std::int64_t phase) {
      copy_pixel(from + phase, to + doubled, at.channels);
    });
    return out;
  }

  static variable_list backward(AutogradContext*, const variable_list& gradients) {
    return {Separate::apply(gradients[0])};
  }

 private:
  // Back again; where a phase has no pixel (its last or first row or column) there is 0.
  class Separate : public torch::autograd::Function<Separate> {
   public:
    static torch::Tensor forward(AutogradContext*, const torch::Tensor& image) {
      const Phases at{image.size(0), image.size(1), image.size(2) / 2, image.size(3) / 2};
      const torch::Tensor in = image.contiguous(kChannelsLast);
      torch::Tensor out =
          empty_channels_last(at.batch, 4 * at.channels, at.height + 1, at.width + 1);
      for (const std::int64_t y : {std::int64_t{0}, at.height}) out.select(2, y).zero_();
      for (const std::int64_t x : {std::int64_t{0}, at.width}) out.select(3, x).zero_();
      const float* const from = in.data_ptr<float>();
      float* const to = out.data_ptr<float>();
      at.for_each_pixel([&](std::int64_t doubled, std::int64_t phase) {
        copy_pixel(from + doubled, to + phase, at.channels);
      });
      return out;
    }

    static variable_list backward(AutogradContext*, const variable_list& gradients) {
      return {Interleave::apply(gradients[0])};
    }
  };
};

}  // namespace

torch::Tensor doubled_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                             const torch::Tensor& bias) {
  const torch::Tensor kernels = phase_kernels(weight).contiguous(kChannelsLast);
  const torch::Tensor offsets = bias.defined() ? bias.repeat(4) : bias;
  return Interleave::apply(torch::conv2d(x.contiguous(kChannelsLast), kernels, offsets, 1, 1));
}

}  // namespace ersatz::compute
