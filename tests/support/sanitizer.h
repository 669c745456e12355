// Which sanitizer watches. AddressSanitizer's shadow and what it keeps of freed memory count as the
// process's, and it lets no library before itself (LD_PRELOAD). ThreadSanitizer does not follow a
// process with threads into its forked child.
#pragma once

namespace ersatz::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace ersatz::test
