#include "generate/diffugen/python_random.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "core/error.h"

namespace ersatz::generate {

// Seeding by an array of words, as Matsumoto and Nishimura's init_by_array (2002).
PythonRandom::PythonRandom(std::uint64_t seed) {
  std::vector<std::uint32_t> key = {static_cast<std::uint32_t>(seed)};
  if (seed >> 32 != 0) key.push_back(static_cast<std::uint32_t>(seed >> 32));
  state_[0] = 19650218;
  for (std::uint32_t i = 1; i < state_.size(); ++i) {
    state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  }
  std::size_t i = 1, j = 0;
  const auto advance = [&] {
    if (++i >= state_.size()) {
      state_[0] = state_.back();
      i = 1;
    }
  };
  for (std::size_t k = state_.size(); k > 0; --k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525U)) + key[j] +
                static_cast<std::uint32_t>(j);
    if (++j >= key.size()) j = 0;
    advance();
  }
  for (std::size_t k = state_.size() - 1; k > 0; --k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941U)) -
                static_cast<std::uint32_t>(i);
    advance();
  }
  state_[0] = 0x80000000U;
}

std::uint32_t PythonRandom::next_word() {
  constexpr std::size_t kShift = 397;
  if (used_ == state_.size()) {
    for (std::size_t i = 0; i < state_.size(); ++i) {
      const std::uint32_t y =
          (state_[i] & 0x80000000U) | (state_[(i + 1) % state_.size()] & 0x7fffffffU);
      state_[i] =
          state_[(i + kShift) % state_.size()] ^ (y >> 1) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    used_ = 0;
  }
  std::uint32_t y = state_[used_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680U;
  y ^= (y << 15) & 0xefc60000U;
  return y ^ (y >> 18);
}

std::uint64_t PythonRandom::bits(int count) {
  if (count <= 32) return next_word() >> (32 - count);
  const std::uint64_t low = next_word();
  return low | static_cast<std::uint64_t>(next_word() >> (64 - count)) << 32;
}

std::uint64_t PythonRandom::below(std::uint64_t bound) {
  int count = 0;
  while (count < 64 && bound >> count != 0) ++count;
  std::uint64_t drawn = bits(count);
  while (drawn >= bound) drawn = bits(count);
  return drawn;
}

std::vector<std::int64_t> PythonRandom::sample(std::int64_t low, std::int64_t high,
                                               std::int64_t count) {
  if (high < low) throw core::Error::usage(fmt::format("seeds from {} to {}: none", low, high));
  // Fits: every caller's range is one of seeds, which are not negative.
  const std::uint64_t numbers =
      static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const auto wanted = static_cast<std::uint64_t>(count);
  if (count < 0 || wanted > numbers) {
    throw core::Error::usage(
        fmt::format("{} different seeds from {} to {}: there are {}", count, low, high, numbers));
  }
  std::vector<std::int64_t> result;
  // Python keeps a list of all numbers where that is the smaller one, else a set of those drawn.
  double set_size = 21;
  if (count > 5)
    set_size += std::pow(4, std::ceil(std::log(3.0 * static_cast<double>(count)) / std::log(4.0)));
  if (static_cast<double>(numbers) <= set_size) {
    std::vector<std::int64_t> pool;
    for (std::uint64_t i = 0; i < numbers; ++i) pool.push_back(low + static_cast<std::int64_t>(i));
    for (std::uint64_t i = 0; i < wanted; ++i) {
      const std::uint64_t j = below(numbers - i);
      result.push_back(pool[j]);
      pool[j] = pool[numbers - i - 1];
    }
    return result;
  }
  std::set<std::uint64_t> drawn;
  while (result.size() < wanted) {
    const std::uint64_t j = below(numbers);
    if (drawn.insert(j).second) result.push_back(low + static_cast<std::int64_t>(j));
  }
  return result;
}

}  // namespace ersatz::generate
