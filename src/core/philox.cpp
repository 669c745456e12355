#include "core/philox.h"

#include <cmath>
#include <numeric>

namespace ersatz::core {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53U, kMultiplier1 = 0xCD9E8D57U;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9U, kWeyl1 = 0xBB67AE85U;

// FNV-1a, 64 bits: names become part of the counter.
std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

// The key of a named stream: one Philox block mixes seed and name, so that related seeds or names
// do not give related keys.
std::array<std::uint32_t, 2> stream_key(std::uint64_t seed, std::string_view name) {
  const std::uint64_t hash = hash_name(name);
  const auto block =
      philox4x32({low(hash), high(hash), 0x45727361U, 0x747aU}, {low(seed), high(seed)});
  return {block[0], block[1]};
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {high(product1) ^ counter[1] ^ key[0], low(product1),
               high(product0) ^ counter[3] ^ key[1], low(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

std::uint64_t stream_seed(std::uint64_t seed, std::string_view name, std::uint64_t index) {
  return Stream(seed, name, index).next_u64();
}

Stream::Stream(std::uint64_t seed, std::string_view name, std::uint64_t index)
    : key_(stream_key(seed, name)), counter_{0, 0, low(index), high(index)}, block_{} {}

std::uint32_t Stream::next_u32() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    if (++counter_[0] == 0) ++counter_[1];
    used_ = 0;
  }
  return block_[static_cast<std::size_t>(used_++)];
}

std::uint64_t Stream::next_u64() {
  const std::uint64_t first = next_u32();
  return first << 32 | next_u32();
}

float Stream::uniform() { return static_cast<float>(next_u32() >> 8) * 0x1p-24F; }

float Stream::uniform(float lo, float hi) { return lo + (hi - lo) * uniform(); }

double Stream::uniform_double() { return static_cast<double>(next_u64() >> 11) * 0x1p-53; }

float Stream::normal() {
  if (has_spare_normal_) {
    has_spare_normal_ = false;
    return spare_normal_;
  }
  // 1 - u is in (0, 1]: the logarithm is finite.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform_double()));
  const double angle = 6.283185307179586 * uniform_double();
  spare_normal_ = static_cast<float>(radius * std::sin(angle));
  has_spare_normal_ = true;
  return static_cast<float>(radius * std::cos(angle));
}

std::uint64_t Stream::below(std::uint64_t n) {
  // Rejects the incomplete last interval, so that every value is equally likely.
  const std::uint64_t limit = n == 0 ? 0 : (UINT64_MAX - UINT64_MAX % n);
  std::uint64_t value = next_u64();
  while (n != 0 && value >= limit) value = next_u64();
  return n == 0 ? 0 : value % n;
}

std::vector<std::int64_t> permutation(std::int64_t n, Stream stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(stream.below(i))]);
  }
  return order;
}

}  // namespace ersatz::core
