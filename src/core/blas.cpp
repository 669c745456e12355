#include "core/blas.h"

#include <cstdlib>

#include <dlfcn.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/log.h"
#include "core/machine.h"

namespace ersatz::core {
namespace {
constexpr const char* kGuard = "ERSATZ_BLAS_RESTARTED";
}

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
  return false;
}

std::string preferred_blas_core() {
  const Machine& machine = this_machine();
  return machine.avx512 ? "SkylakeX" : machine.avx2 ? "Haswell" : "";
}

std::string blas_core_for_child() {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) return {};
  if (::dlopen("libblas.so.3", RTLD_NOW | RTLD_GLOBAL) == nullptr) return {};
  return blas_core_is_slow(blas_core_name()) ? preferred_blas_core() : std::string();
}

void ensure_fast_blas(char** argv) {
  const std::string core = blas_core_name();
  if (!blas_core_is_slow(core)) return;
  if (std::getenv(kGuard) == nullptr && std::getenv("OPENBLAS_CORETYPE") == nullptr) {
    ::setenv("OPENBLAS_CORETYPE", preferred_blas_core().c_str(), 1);
    ::setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
    ::setenv(kGuard, "1", 1);
    ::execv("/proc/self/exe", argv);
  }
  log_warning(fmt::format(
      "OpenBLAS uses its '{}' kernels, several times slower than this CPU allows; "
      "set OPENBLAS_CORETYPE={}",
      core, preferred_blas_core()));
}

}  // namespace ersatz::core
