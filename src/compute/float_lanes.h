// One vector register of floats in the compiler's vector types, for the *_lanes.h files, which
// include this inside the namespace of each instruction set: deliberately without an include guard.
// Files that use it are compiled with -ffp-contract=fast, so that a * b + c is one instruction
// where the processor has it.

constexpr int kLanes = ERSATZ_FLOAT_LANES;
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Integers = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));
using Words = std::uint32_t __attribute__((vector_size(kLanes * sizeof(std::uint32_t))));

inline Floats load(const float* from) {
  Floats x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

inline void store(float* to, const Floats& x) { std::memcpy(to, &x, sizeof x); }

// The first `count` lanes; the others are zero.
inline Floats load_some(const float* from, std::int64_t count) {
  Floats x = {};
  std::memcpy(&x, from, static_cast<std::size_t>(count) * sizeof(float));
  return x;
}

inline void store_some(float* to, const Floats& x, std::int64_t count) {
  std::memcpy(to, &x, static_cast<std::size_t>(count) * sizeof(float));
}

// x in every lane. (x - 0 is x whatever its sign; x + 0 is not.)
inline Floats fill(float x) { return x - Floats{}; }

inline Floats maximum(const Floats& a, const Floats& b) { return b > a ? b : a; }
inline Floats minimum(const Floats& a, const Floats& b) { return b < a ? b : a; }
