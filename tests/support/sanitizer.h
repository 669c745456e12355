// Whether AddressSanitizer watches: its shadow and what it keeps of freed memory count as the
// process's, and it lets no library before itself (LD_PRELOAD).
#pragma once

namespace ersatz::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

}  // namespace ersatz::test
