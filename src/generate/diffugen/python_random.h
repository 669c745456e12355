// Python's random module, as far as DiffuGen uses it: random.seed(int), then
// random.sample(range(low, high + 1), count). The same seeds give the same numbers as CPython 3.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace ersatz::generate {

class PythonRandom {
 public:
  // random.seed(seed)
  explicit PythonRandom(std::uint64_t seed);

  // random.sample(range(low, high + 1), count): different numbers in the order drawn. Error::usage
  // when the range is empty or has fewer than `count` numbers.
  std::vector<std::int64_t> sample(std::int64_t low, std::int64_t high, std::int64_t count);

 private:
  std::uint32_t next_word();                 // of the Mersenne twister MT19937
  std::uint64_t below(std::uint64_t bound);  // random._randbelow
  std::uint64_t bits(int count);             // random.getrandbits, up to 64

  std::array<std::uint32_t, 624> state_{};
  std::size_t used_ = 624;
};

}  // namespace ersatz::generate
