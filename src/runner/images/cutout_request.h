// What `cutout` was asked for, checked as far as that is possible without reading photos.
#pragma once

#include <optional>

#include "generate/cutout/settings.h"
#include "runner/images/box_file.h"
#include "runner/images/cutout_options.h"

namespace ersatz::runner {

struct CutoutRequest {
  generate::CutoutOptions making;   // with --box where that was given
  std::optional<PhotoBoxes> boxes;  // of --boxes
};

// Error::usage (2) for what is wrong with the options, or given for the other method;
// Error::missing (40) when a photo, folder or file of boxes is not there.
CutoutRequest check_cutout(const CutoutCommand& options);

}  // namespace ersatz::runner
