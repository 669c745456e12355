#include "core/build_info.h"

#include "ersatz_build_info.h"

namespace ersatz::core {

const BuildInfo& build_info() {
#ifdef __OPTIMIZE__
  constexpr bool kOptimised = true;
#else
  constexpr bool kOptimised = false;
#endif
  static const BuildInfo info = {ERSATZ_VERSION,  ERSATZ_GIT_COMMIT, ERSATZ_GIT_DIRTY,
                                 ERSATZ_COMPILER, ERSATZ_BUILD_TYPE, ERSATZ_FLAGS,
                                 kOptimised};
  return info;
}

}  // namespace ersatz::core
