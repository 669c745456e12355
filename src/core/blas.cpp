#include "core/blas.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "core/error.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/ranks.h"

namespace ersatz::core {
namespace {

constexpr const char* kGuard = "ERSATZ_BLAS_RESTARTED";

// Whether what concerns the whole machine is this process's to say: of several ranks, the first on
// it. Contradictory variables of a launcher are reported elsewhere.
bool speaks_for_this_machine() {
  try {
    return ranks_from_environment().local_rank == 0;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

std::string blas_core_name() {
  using CoreName = char* (*)();
  void* symbol = ::dlsym(RTLD_DEFAULT, "openblas_get_corename");
  if (symbol == nullptr) return {};
  const auto core_name = reinterpret_cast<CoreName>(symbol);
  const char* name = core_name();
  return name == nullptr ? std::string() : std::string(name);
}

bool blas_core_is_slow(const std::string& core_name) {
  const Machine& machine = this_machine();
  if (core_name.empty() || !machine.avx2) return false;
  for (const char* slow : {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Athlon",
                           "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Atom", "Generic",
                           "generic", "Unknown", "Sandybridge", "Bulldozer", "Northwood"}) {
    if (core_name == slow) return true;
  }
  // AVX2 kernels on a CPU with AVX-512.
  return machine.avx512 &&
         (core_name == "Haswell" || core_name == "Zen" || core_name == "Excavator");
}

std::string preferred_blas_core() {
  const Machine& machine = this_machine();
  return machine.avx512 ? "SkylakeX" : machine.avx2 ? "Haswell" : "";
}

void prepare_blas_environment() {
  if (std::getenv("OPENBLAS_CORETYPE") == nullptr &&
      ::dlopen("libblas.so.3", RTLD_NOW | RTLD_GLOBAL) != nullptr &&
      blas_core_is_slow(blas_core_name())) {
    ::setenv("OPENBLAS_CORETYPE", preferred_blas_core().c_str(), 1);
  }
  // 2^4 clock cycles: the shortest wait OpenBLAS knows.
  ::setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0);
  ::setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
}

void ensure_fast_blas(char** argv) {
  const std::string core = blas_core_name();
  if (core.empty()) return;
  const bool cure = std::getenv("OPENBLAS_THREAD_TIMEOUT") == nullptr ||
                    std::getenv("OMP_WAIT_POLICY") == nullptr ||
                    (blas_core_is_slow(core) && std::getenv("OPENBLAS_CORETYPE") == nullptr);
  if (cure && std::getenv(kGuard) == nullptr) {
    prepare_blas_environment();
    ::setenv(kGuard, "1", 1);
    ::execv("/proc/self/exe", argv);
  }
  if (blas_core_is_slow(core) && speaks_for_this_machine()) {
    log_warning(
        fmt::format("OpenBLAS uses its '{}' kernels, slower than this CPU allows; "
                    "set OPENBLAS_CORETYPE={}",
                    core, preferred_blas_core()));
  }
}

int set_blas_threads(int count) {
  void* const get = ::dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
  void* const set = ::dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  if (get == nullptr || set == nullptr) return 0;
  const int before = reinterpret_cast<int (*)()>(get)();
  reinterpret_cast<void (*)(int)>(set)(count);
  return before;
}

}  // namespace ersatz::core
