#include "attacks/attack.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>
#include <fstream>

#include "core/error.h"
#include "models/weights/weights.h"
#include "support/process_memory.h"
#include "support/test_support.h"

namespace ersatz::test {

namespace {

constexpr double kMostSeconds = 1.0;
constexpr std::int64_t kMostBytes = std::int64_t{256} << 20;

// Of this thread, so that a busy machine fails no test.
double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

void expect_refused(const std::filesystem::path& file, const std::string& message,
                    const std::function<void(const std::filesystem::path&)>& open) {
  reset_peak_resident();
  const std::int64_t before = resident_bytes();
  const double start = processor_seconds();
  EXPECT_ERSATZ_ERROR(open(file), core::ExitCode::kUntrustedData, message);
  EXPECT_LT(processor_seconds() - start, kMostSeconds);
  EXPECT_LT(peak_resident_bytes() - before, kMostBytes);
}

void expect_refused(const std::vector<Attack>& attacks) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "hostile.bin";
  for (const Attack& attack : attacks) {
    SCOPED_TRACE(attack.name);
    // Always a new file, so that nothing can still have the previous one mapped.
    std::filesystem::remove(file);
    std::ofstream(file, std::ios::binary) << attack.bytes();
    expect_refused(file, attack.message,
                   [](const std::filesystem::path& path) { models::open_weights(path); });
  }
}

}  // namespace ersatz::test
