#include "core/blas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "core/machine.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

TEST(Blas, OldKernelsAreSlowOnNewMachinesOnly) {
  const bool modern = this_machine().avx2;
  EXPECT_EQ(blas_core_is_slow("Prescott"), modern);
  EXPECT_FALSE(blas_core_is_slow("SkylakeX"));
  EXPECT_EQ(blas_core_is_slow("Haswell"), this_machine().avx512);
  EXPECT_EQ(blas_core_is_slow("Zen"), this_machine().avx512);
  EXPECT_FALSE(blas_core_is_slow(""));
}

TEST(Blas, PreferenceFitsTheMachine) {
  const Machine& machine = this_machine();
  EXPECT_EQ(preferred_blas_core(), machine.avx512 ? "SkylakeX" : machine.avx2 ? "Haswell" : "");
  EXPECT_GE(machine.logical_cpus, machine.physical_cores);
  EXPECT_GE(machine.physical_cores, 1);
  EXPECT_GT(machine.memory_bytes, 0U);
}

TEST(Machine, ThreadsAreAskedForOrShareTheCores) {
  const int cores = this_machine().physical_cores;
  ::unsetenv("ERSATZ_THREADS");
  EXPECT_EQ(default_threads(), cores);
  EXPECT_EQ(default_threads(2), std::max(1, cores / 2));
  EXPECT_EQ(default_threads(10'000), 1);
  ::setenv("ERSATZ_THREADS", "3", 1);
  EXPECT_EQ(default_threads(), 3);
  EXPECT_EQ(default_threads(2), 3);
  for (const char* wrong : {"0", "-1", "many", "2x", "1025", "99999999999"}) {
    ::setenv("ERSATZ_THREADS", wrong, 1);
    EXPECT_ERSATZ_ERROR(default_threads(), ExitCode::kUsage, "ERSATZ_THREADS");
  }
  ::unsetenv("ERSATZ_THREADS");
}

}  // namespace
}  // namespace ersatz::core
