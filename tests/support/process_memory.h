// Memory of this process, as the kernel counts it: pages of mapped files included.
#pragma once

#include <cstdint>

namespace ersatz::test {

std::int64_t resident_bytes();

// The largest since the process began, or since the peak was reset to the present.
std::int64_t peak_resident_bytes();
void reset_peak_resident();

}  // namespace ersatz::test
