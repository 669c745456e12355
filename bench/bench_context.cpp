// Linked into every benchmark: writes into its JSON what machine it ran on and what was measured.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/blas.h"
#include "core/build_info.h"
#include "core/machine.h"

namespace {

using namespace ersatz::core;

const bool added = [] {
  const Machine& machine = this_machine();
  const BuildInfo& build = build_info();
  benchmark::AddCustomContext("cpu", machine.cpu_model);
  benchmark::AddCustomContext("cores", std::to_string(machine.physical_cores));
  benchmark::AddCustomContext("os", machine.os);
  benchmark::AddCustomContext("commit", build.commit + (build.dirty.empty() ? "" : " and changes"));
  benchmark::AddCustomContext("compiler", fmt::format("{} {}", build.compiler, build.build_type));
  if (const std::string blas = blas_core_name(); !blas.empty()) {
    benchmark::AddCustomContext("blas", blas);
  }
  return true;
}();

}  // namespace
