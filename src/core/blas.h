// Which OpenBLAS kernels are in use, and the cure when they are the wrong ones.
//
// OpenBLAS 0.3.21 (Debian 12) does not know CPUs that appeared after it: it falls back to SSE
// kernels, five to ten times slower, or to AVX2 kernels where AVX-512 ones are up to twice as fast.
// OPENBLAS_CORETYPE overrides its choice. Its idle threads spin for a while and take the cores from
// OpenMP's, which costs a third of the training speed on two cores; OPENBLAS_THREAD_TIMEOUT and
// OMP_WAIT_POLICY end that. All three are read when the libraries load: the only cure from inside
// is to start the program once more.
#pragma once

#include <string>

namespace ersatz::core {

// "SkylakeX", "Zen", ... from the loaded OpenBLAS; empty when no OpenBLAS is loaded.
std::string blas_core_name();

// Whether `core_name` stands for kernels that leave this machine's vector units idle.
bool blas_core_is_slow(const std::string& core_name);

// OPENBLAS_CORETYPE that fits this machine: "SkylakeX", "Haswell" or "".
std::string preferred_blas_core();

// Sets OPENBLAS_CORETYPE (where OpenBLAS would choose badly), OPENBLAS_THREAD_TIMEOUT and
// OMP_WAIT_POLICY in this process's environment, for a program it is about to become. What the user
// has set stays. Loads libblas.so.3 to ask it (about 10 ms); does nothing to this process's own
// BLAS.
void prepare_blas_environment();

// Re-executes the program once with that environment, unless it has it already. Call first thing in
// main() of a program that computes. Where slow kernels remain, it warns (of several ranks, the
// first on a machine) and returns.
void ensure_fast_blas(char** argv);

// Threads that OpenBLAS uses from now on, in the whole process; returns what it used before, 0 when
// no OpenBLAS is loaded.
int set_blas_threads(int count);

}  // namespace ersatz::core
