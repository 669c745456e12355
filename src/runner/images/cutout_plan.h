// Which photos `cutout` works on, and where their cut-outs go.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/images/cutout_request.h"

namespace ersatz::runner {

struct PlannedCutout {
  std::filesystem::path photo;
  std::string name;  // of the photo: its path below the folder that was given
  std::string file;  // of the cut-out, below the output folder
  generate::CutoutOptions making;
  bool box_from_file = false;  // boxes of COCO may reach a pixel beyond the photo
};

// In the order of the arguments, in a folder by name. What lies in --out is left out of a folder.
// Error::usage (2) when two cut-outs would have one name, when one would have that of a photo that
// was given or of a file that is written beside them, and for a folder that lies in --out;
// Error::missing (40) when there is no photo, or a box is of none of them; Error::untrusted (30)
// for a name that is not UTF-8; errors as generate::picture_files.
std::vector<PlannedCutout> plan_cutouts(const CutoutCommand& options, const CutoutRequest& request);

}  // namespace ersatz::runner
