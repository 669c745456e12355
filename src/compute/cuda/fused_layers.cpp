#include "compute/cuda/fused_layers.h"

#ifdef ERSATZ_WITH_CUDA

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "compute/cuda/device_program.h"
#include "compute/cuda/fused_layers_source.h"
#include "core/log.h"

namespace ersatz::compute::cuda {

namespace {

constexpr std::int64_t kLanes = 8;  // elements a thread takes at once
constexpr std::int64_t kWarp = 32;
constexpr std::int64_t kThreads = 512;        // of a block of the group normalisation
constexpr std::int64_t kSimpleThreads = 256;  // of a block of the others
constexpr std::int64_t kBlocks = 1056;  // of a group normalisation: eight for each of 132 units
constexpr std::int64_t kMaximum = 2147483647;  // of what the kernels count in 32 bits

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// The program for the type and device of x; null where it cannot be had.
const DeviceProgram* program_for(const torch::Tensor& x) {
  static std::mutex mutex;
  static std::map<std::pair<int, bool>, std::unique_ptr<DeviceProgram>> programs;
  const bool bfloat16 = x.scalar_type() == torch::kBFloat16;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto [found, first] = programs.try_emplace({x.device().index(), bfloat16});
  if (first) {
    try {
      found->second = std::make_unique<DeviceProgram>(
          x.device(), kFusedLayersSource, "fused_layers.cu",
          std::vector<std::string>{fmt::format("-DERSATZ_BFLOAT16={}", bfloat16 ? 1 : 0),
                                   "--std=c++17"},
          std::vector<std::string>{"group_sums", "group_apply", "layer_norm", "geglu",
                                   "add_terms"});
    } catch (const std::exception& error) {
      core::log_warning(
          fmt::format("fused kernels are not available, libtorch's are slower: {}", error.what()));
    }
  }
  return found->second.get();
}

bool aligned(const torch::Tensor& x) {
  return reinterpret_cast<std::uintptr_t>(x.data_ptr()) % (kLanes * 2) == 0;
}

bool like(const torch::Tensor& term, const torch::Tensor& x) {
  return term.defined() && term.device() == x.device() && term.scalar_type() == x.scalar_type() &&
         aligned(term);
}

bool vector_like(const torch::Tensor& term, const torch::Tensor& x, std::int64_t width) {
  return like(term, x) && term.dim() == 1 && term.numel() == width && term.is_contiguous();
}

bool channels_last(const torch::Tensor& x) {
  return x.dim() == 4 && x.is_contiguous(torch::MemoryFormat::ChannelsLast) && aligned(x);
}

unsigned blocks_for(std::int64_t threads, std::int64_t of_block) {
  return static_cast<unsigned>(ceil_div(threads, of_block));
}

}  // namespace

bool serves(const torch::Tensor& x) {
  return x.is_cuda() &&
         (x.scalar_type() == torch::kFloat16 || x.scalar_type() == torch::kBFloat16) &&
         x.numel() > 0 && program_for(x) != nullptr;
}

std::optional<torch::Tensor> group_norm(const torch::Tensor& x, const torch::Tensor& weight,
                                        const torch::Tensor& bias, const GroupNormOptions& options,
                                        bool overwrite) {
  if (!serves(x) || !channels_last(x)) return std::nullopt;
  const std::int64_t images = x.size(0), width = x.size(1), lanes = width / kLanes;
  const std::int64_t size = x.size(2) * x.size(3);
  if (width % kLanes != 0 || lanes > kThreads || images > 65535 || size > kMaximum / 2 ||
      !vector_like(weight, x, width) || !vector_like(bias, x, width)) {
    return std::nullopt;
  }
  const std::int64_t columns = std::min(kThreads / lanes, size);
  const std::int64_t wanted = std::max<std::int64_t>(kBlocks / images, 1);
  const std::int64_t rows_of_block = ceil_div(ceil_div(size, wanted), columns) * columns;
  const std::int64_t blocks = ceil_div(size, rows_of_block);
  const torch::Tensor partial =
      torch::empty({images * (blocks + 1) * options.groups, 2}, x.options().dtype(torch::kFloat32));
  torch::Tensor out = overwrite ? x : torch::empty_like(x);

  const void *from = x.data_ptr(), *scale = weight.data_ptr(), *shift = bias.data_ptr();
  void *to = out.data_ptr(), *sums = partial.data_ptr();
  const int pixels = static_cast<int>(size), channels = static_cast<int>(width);
  const int groups = static_cast<int>(options.groups), rows = static_cast<int>(rows_of_block);
  const int parts = static_cast<int>(blocks), silu = options.silu ? 1 : 0;
  const int at_once = static_cast<int>(columns);
  const auto epsilon = static_cast<float>(options.epsilon);
  LaunchShape shape;
  shape.blocks_x = static_cast<unsigned>(blocks);
  shape.blocks_y = static_cast<unsigned>(images);
  shape.threads = static_cast<unsigned>(ceil_div(lanes * columns, kWarp) * kWarp);
  shape.shared_bytes = static_cast<unsigned>(columns * width * 2 * sizeof(float));
  const DeviceProgram& program = *program_for(x);
  program.launch("group_sums", shape, {&from, &sums, &pixels, &channels, &groups, &rows, &at_once});
  shape.shared_bytes = static_cast<unsigned>(options.groups * 2 * sizeof(float));
  program.launch("group_apply", shape,
                 {&from, &to, &sums, &scale, &shift, &pixels, &channels, &groups, &rows, &parts,
                  &epsilon, &silu, &at_once});
  return out;
}

std::optional<torch::Tensor> layer_norm(const torch::Tensor& x, const torch::Tensor& weight,
                                        const torch::Tensor& bias, double epsilon) {
  if (!serves(x) || !x.is_contiguous() || !aligned(x)) return std::nullopt;
  const std::int64_t columns = x.size(-1);
  if (columns % kLanes != 0 || columns > kMaximum || !vector_like(weight, x, columns) ||
      !vector_like(bias, x, columns)) {
    return std::nullopt;
  }
  const torch::Tensor out = torch::empty_like(x);
  const void *from = x.data_ptr(), *scale = weight.data_ptr(), *shift = bias.data_ptr();
  void* to = out.data_ptr();
  const long long rows = x.numel() / columns;
  const int width = static_cast<int>(columns);
  const auto small = static_cast<float>(epsilon);
  LaunchShape shape;
  shape.threads = kSimpleThreads;
  shape.blocks_x = blocks_for(rows, kSimpleThreads / kWarp);
  program_for(x)->launch("layer_norm", shape, {&from, &to, &scale, &shift, &rows, &width, &small});
  return out;
}

std::optional<torch::Tensor> geglu(const torch::Tensor& x) {
  if (!serves(x) || !x.is_contiguous() || !aligned(x)) return std::nullopt;
  const std::int64_t half = x.size(-1) / 2;
  if (half % kLanes != 0 || half > kMaximum / 2) return std::nullopt;
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = half;
  const torch::Tensor out = torch::empty(sizes, x.options());
  const void* from = x.data_ptr();
  void* to = out.data_ptr();
  const long long rows = out.numel() / half;
  const int width = static_cast<int>(half);
  LaunchShape shape;
  shape.threads = kSimpleThreads;
  shape.blocks_x = blocks_for(out.numel() / kLanes, kSimpleThreads);
  program_for(x)->launch("geglu", shape, {&from, &to, &rows, &width});
  return out;
}

bool add_terms(const torch::Tensor& y, const torch::Tensor& bias, const torch::Tensor& residual) {
  if (!serves(y) || !channels_last(y)) return false;
  const std::int64_t width = y.size(1), size = y.size(2) * y.size(3);
  if (width % kLanes != 0 || size > kMaximum) return false;
  if (bias.defined() &&
      (!like(bias, y) || !bias.is_contiguous() || bias.dim() > 2 || bias.size(-1) != width ||
       (bias.dim() == 2 && bias.size(0) != y.size(0)))) {
    return false;
  }
  if (residual.defined() &&
      (!like(residual, y) || !channels_last(residual) || residual.sizes() != y.sizes())) {
    return false;
  }
  void* to = y.data_ptr();
  const void* terms = bias.defined() ? bias.data_ptr() : nullptr;
  const void* added = residual.defined() ? residual.data_ptr() : nullptr;
  const long long images = y.size(0);
  const int pixels = static_cast<int>(size), channels = static_cast<int>(width);
  const int stride = bias.defined() && bias.dim() == 2 ? channels : 0;
  LaunchShape shape;
  shape.threads = kSimpleThreads;
  shape.blocks_x = blocks_for(y.numel() / kLanes, kSimpleThreads);
  program_for(y)->launch("add_terms", shape,
                         {&to, &terms, &added, &images, &pixels, &channels, &stride});
  return true;
}

}  // namespace ersatz::compute::cuda

#else

namespace ersatz::compute::cuda {

bool serves(const torch::Tensor&) { return false; }

std::optional<torch::Tensor> group_norm(const torch::Tensor&, const torch::Tensor&,
                                        const torch::Tensor&, const GroupNormOptions&, bool) {
  return std::nullopt;
}

std::optional<torch::Tensor> layer_norm(const torch::Tensor&, const torch::Tensor&,
                                        const torch::Tensor&, double) {
  return std::nullopt;
}

std::optional<torch::Tensor> geglu(const torch::Tensor&) { return std::nullopt; }

bool add_terms(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&) { return false; }

}  // namespace ersatz::compute::cuda

#endif
