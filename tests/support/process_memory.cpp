#include "support/process_memory.h"

#include <fstream>
#include <stdexcept>
#include <string>

namespace ersatz::test {

namespace {

// A line of /proc/self/status in bytes.
std::int64_t status_line(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kilobytes = 0;
    if (word == field + ":" && status >> kilobytes) return kilobytes * 1024;
  }
  throw std::runtime_error("no " + field + " in /proc/self/status");
}

}  // namespace

std::int64_t resident_bytes() { return status_line("VmRSS"); }

std::int64_t peak_resident_bytes() { return status_line("VmHWM"); }

void reset_peak_resident() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace ersatz::test
