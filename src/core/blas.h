// Which OpenBLAS kernels are in use, and the cure when they are the wrong ones.
//
// OpenBLAS 0.3.21 (Debian 12) does not know CPUs that appeared after it and falls back to SSE
// kernels, five to ten times slower. OPENBLAS_CORETYPE overrides its choice, but is read when the
// library loads: the only cure from inside is to start the program once more.
#pragma once

#include <string>

namespace ersatz::core {

// "SkylakeX", "Zen", ... from the loaded OpenBLAS; empty when no OpenBLAS is loaded.
std::string blas_core_name();

// Whether `core_name` stands for kernels that leave this machine's vector units idle.
bool blas_core_is_slow(const std::string& core_name);

// OPENBLAS_CORETYPE that fits this machine: "SkylakeX", "Haswell" or "".
std::string preferred_blas_core();

// The OPENBLAS_CORETYPE a program about to be started needs: empty when the user has set one, when
// OpenBLAS chooses well by itself, or when it is not installed. Loads libblas.so.3 (about 10 ms).
std::string blas_core_for_child();

// Re-executes the program once with OPENBLAS_CORETYPE set when the loaded kernels are slow ones.
// Call first thing in main(). Also sets OMP_WAIT_POLICY=PASSIVE for the new process when unset.
// When the cure is not possible it warns and returns.
void ensure_fast_blas(char** argv);

}  // namespace ersatz::core
