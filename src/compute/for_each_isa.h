// Includes ERSATZ_LANES_FILE once per instruction set, in the namespaces baseline, avx2 and avx512.
// ERSATZ_FLOAT_LANES is the number of floats in one of its vector registers.
// Deliberately without an include guard; see compute/vector_isa.h.
#ifndef ERSATZ_LANES_FILE
#error "define ERSATZ_LANES_FILE before including compute/for_each_isa.h"
#endif

#define ERSATZ_FLOAT_LANES 4
namespace baseline {
#include ERSATZ_LANES_FILE
}
#undef ERSATZ_FLOAT_LANES

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define ERSATZ_FLOAT_LANES 8
namespace avx2 {
#include ERSATZ_LANES_FILE
}
#undef ERSATZ_FLOAT_LANES
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define ERSATZ_FLOAT_LANES 16
namespace avx512 {
#include ERSATZ_LANES_FILE
}
#undef ERSATZ_FLOAT_LANES
#pragma GCC pop_options
#endif
