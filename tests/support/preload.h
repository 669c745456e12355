// Whether LD_PRELOAD may put a library of ours before a program's: AddressSanitizer insists on
// being the first.
#pragma once

namespace ersatz::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kCanPreload = false;
#else
inline constexpr bool kCanPreload = true;
#endif

}  // namespace ersatz::test
