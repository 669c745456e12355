// How the few hand-written loops are compiled: once per instruction set, chosen when the program
// starts. Their files are compiled with optimisation for vector units (see CMakeLists.txt) and
// include nothing of libtorch.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ERSATZ_VECTOR_KERNEL \
  __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define ERSATZ_VECTOR_KERNEL
#endif
