// The vector instructions of this processor, for the few loops written by hand.
//
// Such a loop lives in a file *_lanes.h without includes; its .cpp file defines
// ERSATZ_LANES_FILE and includes compute/for_each_isa.h inside its namespace, which compiles the
// loop once per instruction set, and calls it through ERSATZ_DISPATCH.
#pragma once

namespace ersatz::compute {

enum class VectorIsa { kBaseline, kAvx2, kAvx512 };

inline VectorIsa detect_vector_isa() {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  if (__builtin_cpu_supports("x86-64-v4")) return VectorIsa::kAvx512;
  if (__builtin_cpu_supports("x86-64-v3")) return VectorIsa::kAvx2;
#endif
  return VectorIsa::kBaseline;
}

inline VectorIsa vector_isa() {
  static const VectorIsa isa = detect_vector_isa();
  return isa;
}

}  // namespace ersatz::compute

// ERSATZ_DISPATCH_TO(isa, f, arguments...) calls the f of one instruction set, which this processor
// must have; ERSATZ_DISPATCH(f, arguments...) that of the best.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ERSATZ_DISPATCH_TO(isa, function, ...)                                    \
  ((isa) == ::ersatz::compute::VectorIsa::kAvx512 ? avx512::function(__VA_ARGS__) \
   : (isa) == ::ersatz::compute::VectorIsa::kAvx2 ? avx2::function(__VA_ARGS__)   \
                                                  : baseline::function(__VA_ARGS__))
#else
#define ERSATZ_DISPATCH_TO(isa, function, ...) \
  (static_cast<void>(isa), baseline::function(__VA_ARGS__))
#endif
#define ERSATZ_DISPATCH(function, ...) \
  ERSATZ_DISPATCH_TO(::ersatz::compute::vector_isa(), function, __VA_ARGS__)
