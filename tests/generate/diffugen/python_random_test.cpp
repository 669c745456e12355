#include "generate/diffugen/python_random.h"

#include <gtest/gtest.h>

#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using Numbers = std::vector<std::int64_t>;

// What CPython 3.11 gives.
TEST(PythonRandom, SamplesAsPythonDoes) {
  PythonRandom published(9782091);
  for (const std::int64_t seed : {9369923, 9848863, 9901533, 9624014}) {
    EXPECT_EQ(published.sample(9092091, 9982091, 1), Numbers{seed});
  }
  EXPECT_EQ(published.sample(9092091, 9982091, 12),
            (Numbers{9734288, 9261923, 9964346, 9167611, 9628109, 9536503, 9100619, 9454227,
                     9764056, 9728699, 9901706, 9728240}));
  PythonRandom small(7);
  EXPECT_EQ(small.sample(0, 9, 10), (Numbers{5, 2, 6, 9, 0, 7, 4, 1, 3, 8}));  // a whole range
  EXPECT_EQ(small.sample(5, 29, 6), (Numbers{6, 7, 18, 27, 28, 12}));
  EXPECT_EQ(small.sample(0, (std::int64_t{1} << 40) - 1, 3),  // more than 32 bits
            (Numbers{130672314918, 137214365097, 109077912084}));
  PythonRandom large((std::uint64_t{1} << 40) + 5);
  EXPECT_EQ(large.sample(0, 999, 4), (Numbers{516, 529, 275, 679}));
}

TEST(PythonRandom, RefusesWhatIsNotThere) {
  PythonRandom random(1);
  EXPECT_ERSATZ_ERROR(random.sample(5, 4, 1), core::ExitCode::kUsage, "from 5 to 4");
  EXPECT_ERSATZ_ERROR(random.sample(1, 3, 4), core::ExitCode::kUsage, "4 different seeds");
  EXPECT_TRUE(random.sample(1, 3, 0).empty());
}

}  // namespace
}  // namespace ersatz::generate
