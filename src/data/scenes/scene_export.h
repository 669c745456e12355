// Scenes on disk, for other programs: pictures, captions, and COCO annotations.
#pragma once

#include <cstdint>
#include <filesystem>

#include "data/scenes/scene.h"

namespace ersatz::data {

// Writes scenes first .. first + count - 1 of (request, seed) as
//   images/<kind>_<index>.png       the pictures
//   annotations.json                COCO instances: images, categories (ids from 1, in the order of
//                                   the kind's vocabulary), annotations with bbox, area, the
//                                   visible mask, and full_bbox and full_area without what is in
//                                   front
//   captions.json                   COCO captions
//   attributes.json                 file name -> attributes
// into `folder`, which must be empty or absent, in one step: it appears when it is complete. Same
// arguments and library versions, same bytes, whatever the number of threads (<= 0: one per
// processor). Throws Error::usage when the folder holds something, Error::io when writing fails,
// and as draw_scene does.
void write_scenes(const std::filesystem::path& folder, const SceneRequest& request,
                  std::uint64_t seed, std::int64_t first, std::int64_t count, int threads = 0);

}  // namespace ersatz::data
