// `ersatz-images cutout`.
#pragma once

#include "runner/images/cutout_options.h"

namespace ersatz::runner {

// Writes the cut-outs, cutouts.json and the contact sheet, and names them on standard output.
// Photos are turned upright first (Exif); boxes refer to that. A photo that yields nothing, or
// cannot be read, is named in a warning and in cutouts.json, the others are written all the same;
// the exit status is then 30. Throws as check_cutout and plan_cutouts; Error::usage (2) when a file
// is in the way that was not made so from this photo, or is not ours. The record keeps what earlier
// calls into the folder made.
int run_cutout(const CutoutCommand& options);

}  // namespace ersatz::runner
