// 3x3 convolutions of channels-last pictures with padding 1 by Winograd's minimal filtering
// F(4x4, 3x3) (Lavin & Gray 2016): tiles of 4x4 outputs become 36 points, for each of which input
// and output channels are joined by an ordinary matrix product, with a quarter of the
// multiplications. On plain memory; compute/winograd.h has the tensors.
//
// With B^T, G and A^T the matrices of the paper, of one tile and with the products summed over
// channels:
//   output             y  = A^T [(G g G^T) * (B^T x B)] A
//   gradient of input  dx = the same of dy, with the kernel g turned and its channels exchanged
//   gradient of weight dg = G^T [sum over tiles of (B^T x B) * (A dy A^T)] G
//
// The polynomials are interpolated at 0, +-3/4, +-3/2 and infinity instead of the paper's 0, +-1,
// +-2 and infinity: in single precision the error is then twice that of the direct sum, not four
// times (measured; on the choice of points see Barabasz et al. 2020). All channel counts must be
// multiples of kWinogradChannels.
#pragma once

#include <cstdint>

#include "compute/vector_isa.h"

namespace ersatz::compute {

inline constexpr std::int64_t kWinogradTile = 4;
inline constexpr std::int64_t kWinogradPoints = 36;
inline constexpr std::int64_t kWinogradChannels = 16;
// Outputs are divided between tasks at multiples of this.
inline constexpr std::int64_t kWinogradOutputs = 64;

struct WinogradShape {
  std::int64_t batch = 0, height = 0, width = 0;

  std::int64_t pixels() const { return height * width; }
  std::int64_t tile_rows() const { return (height + kWinogradTile - 1) / kWinogradTile; }
  std::int64_t tile_columns() const { return (width + kWinogradTile - 1) / kWinogradTile; }
  std::int64_t tiles() const { return batch * tile_rows() * tile_columns(); }
};

struct WinogradProblem {
  WinogradShape shape;
  std::int64_t inputs = 0, outputs = 0;
  const float* x = nullptr;       // [batch, height, width, inputs]
  const float* packed = nullptr;  // the weights, by winograd_pack
  float* y = nullptr;             // [batch, height, width, outputs]
  // Added to the result: of each output, and of each number. Null for none.
  const float* bias = nullptr;
  const float* residual = nullptr;
  bool silu = false;  // of the result with its bias, before the residual
  bool relu = false;  // of the sum
};

// Brings weights [K, 3, 3, C] into the order of the products: kWinogradPoints * K * C floats. With
// `flip` for the gradient of the input: K inputs, C outputs. Task i of outputs / kWinogradChannels.
void winograd_pack(VectorIsa isa, const float* weight, std::int64_t inputs, std::int64_t outputs,
                   bool flip, std::int64_t task, float* packed);

// Floats of scratch memory, aligned to 64 bytes, for winograd_forward of so many tiles.
std::int64_t winograd_workspace(std::int64_t inputs, std::int64_t tiles);

// Outputs [first_output, last_output) of tiles [first, first + count), all pictures' tiles in one
// row. The result does not depend on how they are divided.
void winograd_forward(VectorIsa isa, const WinogradProblem& problem, std::int64_t first,
                      std::int64_t count, std::int64_t first_output, std::int64_t last_output,
                      float* workspace);

// For the gradient of the weights, tiles [first, first + count) of x as points [36][count][inputs],
// with the given floats from one point to the next; and of dy, as rows [begin, begin + count) of
// points [36][panels][tiles][width of the panel]. `zeros`: as many as there are channels.
void winograd_input_points(VectorIsa isa, const WinogradShape& shape, const float* x,
                           std::int64_t channels, const float* zeros, std::int64_t first,
                           std::int64_t count, float* points, std::int64_t point_stride);
void winograd_gradient_points(VectorIsa isa, const WinogradShape& shape, const float* dy,
                              std::int64_t channels, const float* zeros, std::int64_t first,
                              std::int64_t count, std::int64_t begin, std::int64_t tiles,
                              float* points, std::int64_t point_stride);

struct WinogradGradient {
  std::int64_t inputs = 0, outputs = 0, tiles = 0;
  const float* x = nullptr;   // points
  const float* dy = nullptr;  // points
  std::int64_t x_stride = 0, dy_stride = 0;
  float* sum = nullptr;  // [panels][36][inputs][width of the panel]
};

// Sums over tiles for one point, outputs [output, output + kWinogradOutputs); `add` to what is
// there.
void winograd_weight_product(VectorIsa isa, const WinogradGradient& gradient, std::int64_t point,
                             std::int64_t output, bool add);

// The sums as gradients of the weights, [K, 3, 3, C]. Task i of outputs / kWinogradChannels.
void winograd_unpack(VectorIsa isa, const float* sum, std::int64_t inputs, std::int64_t outputs,
                     std::int64_t task, float* weight_gradient);

}  // namespace ersatz::compute
