// Memory of this process, as the kernel counts it: pages of mapped files included.
#pragma once

#include <cstdint>

namespace ersatz::test {

// Under AddressSanitizer its shadow and what it keeps of freed memory count, too.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kMemoryIsOwn = false;
#else
inline constexpr bool kMemoryIsOwn = true;
#endif

std::int64_t resident_bytes();

// The largest since the process began, or since the peak was reset to the present.
std::int64_t peak_resident_bytes();
void reset_peak_resident();

}  // namespace ersatz::test
