#include "core/blas.h"

#include <gtest/gtest.h>

#include "core/machine.h"

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

}  // namespace
}  // namespace ersatz::core
