// Includes ERSATZ_LANES_FILE once per instruction set, in the namespaces baseline, avx2 and avx512.
// Deliberately without an include guard; see compute/vector_isa.h.
#ifndef ERSATZ_LANES_FILE
#error "define ERSATZ_LANES_FILE before including compute/for_each_isa.h"
#endif

namespace baseline {
#include ERSATZ_LANES_FILE
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace avx2 {
#include ERSATZ_LANES_FILE
}
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
namespace avx512 {
#include ERSATZ_LANES_FILE
}
#pragma GCC pop_options
#endif
