// Passes over activations of two bytes an element, eight neighbouring elements at a time, for
// inference. Compiled by NVRTC while the program runs, for the GPU it finds, once per element type:
// ERSATZ_BFLOAT16 is 1 or 0. Sums and divisions are float32. No header is included, because a
// machine that runs this may have none of CUDA's.

typedef unsigned short Element;
typedef long long Index;

#if ERSATZ_BFLOAT16
__device__ float to_float(Element x) { return __uint_as_float(static_cast<unsigned>(x) << 16); }

// To the nearest, ties to even; what is not a number stays one.
__device__ Element from_float(float x) {
  const unsigned bits = __float_as_uint(x);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return 0x7fff;
  return static_cast<Element>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}
#else
__device__ float to_float(Element x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x));
  return y;
}

__device__ Element from_float(float x) {
  Element y;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x));
  return y;
}
#endif

constexpr int kLanes = 8;
constexpr int kWarp = 32;
constexpr unsigned kWholeWarp = 0xffffffffU;

struct alignas(16) Packed {
  Element elements[kLanes];
};

struct Lanes {
  float v[kLanes];
};

__device__ Lanes load(const Element* from) {
  const Packed packed = *reinterpret_cast<const Packed*>(from);
  Lanes lanes;
#pragma unroll
  for (int i = 0; i < kLanes; ++i) lanes.v[i] = to_float(packed.elements[i]);
  return lanes;
}

__device__ void store(Element* to, const Lanes& lanes) {
  Packed packed;
#pragma unroll
  for (int i = 0; i < kLanes; ++i) packed.elements[i] = from_float(lanes.v[i]);
  *reinterpret_cast<Packed*>(to) = packed;
}

__device__ float2 warp_sum(float2 x) {
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) {
    x.x += __shfl_xor_sync(kWholeWarp, x.x, step);
    x.y += __shfl_xor_sync(kWholeWarp, x.y, step);
  }
  return x;
}

// The group's first element: sums of differences from it lose nothing to a large common mean.
__device__ float pivot_of(const Element* image, int group, int channels_per_group) {
  return to_float(image[group * channels_per_group]);
}

// Group normalisation, first pass. x: [images, pixels, channels]; a block sums `rows` pixels of an
// image, `columns` pixels at a time, with columns * channels / 8 threads, rounded up to whole
// warps. partial: [images, blocks of an image, groups] sums of differences from the pivot and of
// their squares; behind them [images, groups] the pivots, because the second pass may overwrite x.
extern "C" __global__ void __launch_bounds__(512)
    group_sums(const Element* x, float2* partial, int pixels, int channels, int groups, int rows,
               int columns) {
  extern __shared__ float2 channel_sums[];  // [columns, channels]
  const int lanes = channels / kLanes;
  const int lane = threadIdx.x % lanes, column = threadIdx.x / lanes;
  const int channels_per_group = channels / groups;
  const Element* image = x + static_cast<Index>(blockIdx.y) * pixels * channels;
  if (column < columns) {
    Lanes pivot, sum, squares;
#pragma unroll
    for (int i = 0; i < kLanes; ++i) {
      pivot.v[i] = pivot_of(image, (lane * kLanes + i) / channels_per_group, channels_per_group);
      sum.v[i] = squares.v[i] = 0;
    }
    const int first = blockIdx.x * rows, last = min(pixels, first + rows);
    for (int pixel = first + column; pixel < last; pixel += columns) {
      const Lanes in = load(image + static_cast<Index>(pixel) * channels + lane * kLanes);
#pragma unroll
      for (int i = 0; i < kLanes; ++i) {
        const float difference = in.v[i] - pivot.v[i];
        sum.v[i] += difference;
        squares.v[i] += difference * difference;
      }
    }
#pragma unroll
    for (int i = 0; i < kLanes; ++i) {
      channel_sums[column * channels + lane * kLanes + i] = make_float2(sum.v[i], squares.v[i]);
    }
  }
  __syncthreads();
  const int in_warp = threadIdx.x % kWarp;
  for (int group = threadIdx.x / kWarp; group < groups; group += blockDim.x / kWarp) {
    float2 total = make_float2(0, 0);
    for (int i = in_warp; i < columns * channels_per_group; i += kWarp) {
      const float2 one = channel_sums[i / channels_per_group * channels +
                                      group * channels_per_group + i % channels_per_group];
      total.x += one.x;
      total.y += one.y;
    }
    total = warp_sum(total);
    if (in_warp == 0) {
      partial[(static_cast<Index>(blockIdx.y) * gridDim.x + blockIdx.x) * groups + group] = total;
    }
    if (in_warp == 0 && blockIdx.x == 0) {
      float2* pivots = partial + static_cast<Index>(gridDim.y) * gridDim.x * groups;
      pivots[static_cast<Index>(blockIdx.y) * groups + group] =
          make_float2(pivot_of(image, group, channels_per_group), 0);
    }
  }
}

// Second pass, with blocks and threads as in the first: y = (x - mean) / sqrt(variance + epsilon) *
// weight + bias, then y * sigmoid(y) when `silu`. y may be x.
extern "C" __global__ void __launch_bounds__(512)
    group_apply(const Element* x, Element* y, const float2* partial, const Element* weight,
                const Element* bias, int pixels, int channels, int groups, int rows, int parts,
                float epsilon, int silu, int columns) {
  extern __shared__ float2 moments[];  // [groups]: mean, 1 / deviation
  const int lanes = channels / kLanes;
  const int lane = threadIdx.x % lanes, column = threadIdx.x / lanes;
  const int channels_per_group = channels / groups;
  const Index image = static_cast<Index>(blockIdx.y) * pixels * channels;
  const int in_warp = threadIdx.x % kWarp;
  for (int group = threadIdx.x / kWarp; group < groups; group += blockDim.x / kWarp) {
    float2 total = make_float2(0, 0);
    for (int i = in_warp; i < parts; i += kWarp) {
      const float2 one = partial[(static_cast<Index>(blockIdx.y) * parts + i) * groups + group];
      total.x += one.x;
      total.y += one.y;
    }
    total = warp_sum(total);
    if (in_warp == 0) {
      const float count = static_cast<float>(pixels) * static_cast<float>(channels_per_group);
      const float difference = total.x / count;
      const float variance = max(total.y / count - difference * difference, 0.0F);
      moments[group] = make_float2(difference, rsqrtf(variance + epsilon));
    }
  }
  __syncthreads();
  if (column >= columns) return;
  const Lanes scales = load(weight + lane * kLanes), shifts = load(bias + lane * kLanes);
  const float2* pivots = partial + static_cast<Index>(gridDim.y) * parts * groups;
  Lanes scale, shift;
#pragma unroll
  for (int i = 0; i < kLanes; ++i) {
    const int group = (lane * kLanes + i) / channels_per_group;
    const float mean = moments[group].x + pivots[static_cast<Index>(blockIdx.y) * groups + group].x;
    scale.v[i] = scales.v[i] * moments[group].y;
    shift.v[i] = shifts.v[i] - mean * scale.v[i];
  }
  const int first = blockIdx.x * rows, last = min(pixels, first + rows);
  for (int pixel = first + column; pixel < last; pixel += columns) {
    const Index at = image + static_cast<Index>(pixel) * channels + lane * kLanes;
    Lanes out = load(x + at);
#pragma unroll
    for (int i = 0; i < kLanes; ++i) {
      const float normal = out.v[i] * scale.v[i] + shift.v[i];
      out.v[i] = silu != 0 ? normal / (1.0F + __expf(-normal)) : normal;
    }
    store(y + at, out);
  }
}

// Layer normalisation of rows of `width` elements, a warp a row; threads.x is whole warps.
extern "C" __global__ void __launch_bounds__(256)
    layer_norm(const Element* x, Element* y, const Element* weight, const Element* bias, Index rows,
               int width, float epsilon) {
  const Index row = static_cast<Index>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp;
  if (row >= rows) return;
  const int in_warp = threadIdx.x % kWarp;
  const Element* from = x + row * width;
  const float pivot = to_float(from[0]);
  float2 sums = make_float2(0, 0);
  for (int at = in_warp * kLanes; at < width; at += kWarp * kLanes) {
    const Lanes in = load(from + at);
#pragma unroll
    for (int i = 0; i < kLanes; ++i) {
      const float difference = in.v[i] - pivot;
      sums.x += difference;
      sums.y += difference * difference;
    }
  }
  sums = warp_sum(sums);
  const float difference = sums.x / static_cast<float>(width);
  const float variance = max(sums.y / static_cast<float>(width) - difference * difference, 0.0F);
  const float mean = pivot + difference, scale = rsqrtf(variance + epsilon);
  for (int at = in_warp * kLanes; at < width; at += kWarp * kLanes) {
    Lanes out = load(from + at);
    const Lanes factors = load(weight + at), terms = load(bias + at);
#pragma unroll
    for (int i = 0; i < kLanes; ++i) {
      out.v[i] = (out.v[i] - mean) * scale * factors.v[i] + terms.v[i];
    }
    store(y + row * width + at, out);
  }
}

// x: [rows, 2 * width], y: [rows, width]: the first half times the exact gelu of the second.
extern "C" __global__ void __launch_bounds__(256)
    geglu(const Element* x, Element* y, Index rows, int width) {
  const int lanes = width / kLanes;
  const Index lane = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (lane >= rows * lanes) return;
  const Index row = lane / lanes;
  const Element* from = x + row * 2 * width + (lane - row * lanes) * kLanes;
  Lanes out = load(from);
  const Lanes gate = load(from + width);
#pragma unroll
  for (int i = 0; i < kLanes; ++i) {
    constexpr float kHalfRoot = 0.70710678118654752F;
    out.v[i] *= 0.5F * gate.v[i] * (1.0F + erff(gate.v[i] * kHalfRoot));
  }
  store(y + lane * kLanes, out);
}

// y: [images, pixels, channels] += bias (of image b: bias + b * bias_stride), += residual where it
// is not null.
extern "C" __global__ void __launch_bounds__(256)
    add_terms(Element* y, const Element* bias, const Element* residual, Index images, int pixels,
              int channels, int bias_stride) {
  const int lanes = channels / kLanes;
  const Index lane = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (lane >= images * pixels * lanes) return;
  const Index pixel = lane / lanes;
  Lanes out = load(y + lane * kLanes);
  if (bias != nullptr) {
    const Lanes terms = load(bias + pixel / pixels * bias_stride + (lane - pixel * lanes) * kLanes);
#pragma unroll
    for (int i = 0; i < kLanes; ++i) out.v[i] += terms.v[i];
  }
  if (residual != nullptr) {
    const Lanes terms = load(residual + lane * kLanes);
#pragma unroll
    for (int i = 0; i < kLanes; ++i) out.v[i] += terms.v[i];
  }
  store(y + lane * kLanes, out);
}
