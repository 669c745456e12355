#include "cli/doctor/blas_findings.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/blas.h"

namespace ersatz::cli {
namespace {

// The file a loaded symbol comes from, symbolic links followed.
std::string file_of(void* symbol) {
  Dl_info info{};
  if (symbol == nullptr || ::dladdr(symbol, &info) == 0) return {};
  std::error_code error;
  const auto file = std::filesystem::canonical(info.dli_fname, error);
  return error ? std::string(info.dli_fname) : file.string();
}

void add_kernel_finding(const std::string& core, Findings& findings) {
  const std::string wanted = core::preferred_blas_core();
  const char* set = std::getenv("OPENBLAS_CORETYPE");
  const std::string variable =
      set == nullptr ? "OPENBLAS_CORETYPE is not set" : fmt::format("OPENBLAS_CORETYPE={}", set);
  if (!core::blas_core_is_slow(core)) {
    findings.push_back({"OpenBLAS kernels", Level::kOk, fmt::format("{} ({})", core, variable)});
  } else if (set == nullptr) {
    // `ersatz run`, make and the experiments themselves all set it.
    findings.push_back(
        {"OpenBLAS kernels", Level::kOk,
         fmt::format("{} by itself, which is slow here; Ersatz sets OPENBLAS_CORETYPE={} for its "
                     "own programs",
                     core, wanted)});
  } else {
    findings.push_back(
        {"OpenBLAS kernels", Level::kNote,
         fmt::format("{}: several times slower than this CPU allows ({})", core, variable),
         "export OPENBLAS_CORETYPE=" + wanted});
  }
}

}  // namespace

void add_blas_findings(Findings& findings) {
  void* library = ::dlopen("libblas.so.3", RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    findings.push_back({"BLAS", Level::kMissing, "libblas.so.3 is not installed", "make deps"});
    return;
  }
  const std::string file = file_of(::dlsym(library, "dgemm_"));
  const std::string core = core::blas_core_name();
  if (core.empty()) {
    findings.push_back(
        {"BLAS", Level::kNote,
         fmt::format("libblas.so.3 is {}: not OpenBLAS, up to 80 times slower", file),
         "apt-get install libopenblas0-pthread"});
    return;
  }
  findings.push_back({"BLAS", Level::kOk, fmt::format("OpenBLAS, {}", file)});
  add_kernel_finding(core, findings);
}

}  // namespace ersatz::cli
