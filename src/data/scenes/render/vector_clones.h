// Compiles a function of simple loops a second time for AVX2; the loader picks what the processor
// can run. Both give the same bits: nothing is fused or reordered.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ERSATZ_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ERSATZ_VECTOR_CLONES
#endif
