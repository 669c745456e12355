#include "generate/cutout/settings.h"

#include "generate/copy_paste/require_in.h"

namespace ersatz::generate {

void require_valid(const CutoutOptions& options) {
  if (const auto* white = std::get_if<WhiteBackground>(&options.method)) {
    require_in("tolerance", white->tolerance, 1, 128);
    require_in("shadow", white->shadow, 0, 255);
  } else {
    require_in("GrabCut iterations", std::get<GrabCut>(options.method).iterations, 1, 50);
  }
  require_in("open", options.open, 0, 50);
  require_in("feather", options.feather, 0, 50);
}

}  // namespace ersatz::generate
