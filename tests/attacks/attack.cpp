#include "attacks/attack.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>
#include <fstream>

#include "core/error.h"
#include "models/weights/weights.h"
#include "support/test_support.h"

namespace ersatz::test {

namespace {

constexpr double kMostSeconds = 1.0;
constexpr std::int64_t kMostBytes = std::int64_t{256} << 20;

// A line of /proc/self/status in bytes.
std::int64_t memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kilobytes = 0;
    if (word == field + ":" && status >> kilobytes) return kilobytes * 1024;
  }
  ADD_FAILURE() << "no " << field << " in /proc/self/status";
  return 0;
}

// Lets the peak of resident memory start again from the present.
void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

// Of this thread, so that a busy machine fails no test.
double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

void expect_refused(const std::filesystem::path& file, const std::string& message,
                    const std::function<void(const std::filesystem::path&)>& open) {
  reset_peak_memory();
  const std::int64_t before = memory("VmRSS");
  const double start = processor_seconds();
  EXPECT_ERSATZ_ERROR(open(file), core::ExitCode::kUntrustedData, message);
  EXPECT_LT(processor_seconds() - start, kMostSeconds);
  EXPECT_LT(memory("VmHWM") - before, kMostBytes);
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
