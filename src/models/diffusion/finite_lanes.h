// The loops of models/diffusion/finite_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).

template <typename Word>
inline Word largest_magnitude(const Word* bits, std::int64_t count) {
  constexpr int kLanes = 128 / sizeof(Word);
  constexpr Word kWithoutSign = static_cast<Word>(static_cast<Word>(~Word{0}) >> 1U);
  Word lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int k = 0; k < kLanes; ++k) {
      const Word magnitude = static_cast<Word>(bits[i + k] & kWithoutSign);
      lanes[k] = lanes[k] < magnitude ? magnitude : lanes[k];
    }
  }
  Word largest = 0;
  for (; i < count; ++i) {
    const Word magnitude = static_cast<Word>(bits[i] & kWithoutSign);
    largest = largest < magnitude ? magnitude : largest;
  }
  for (int k = 0; k < kLanes; ++k) largest = largest < lanes[k] ? lanes[k] : largest;
  return largest;
}
