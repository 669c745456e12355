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

// In the order of the arguments, in a folder by name. Error::usage (2) when two cut-outs would have
// one name; Error::missing (40) when there is no photo, or a box is of none of them.
std::vector<PlannedCutout> plan_cutouts(const CutoutCommand& options, const CutoutRequest& request);

}  // namespace ersatz::runner
