#include "data/scenes/painting.h"

#include <fmt/format.h>

namespace ersatz::data::scenes {

core::Stream PaintJob::stream(std::string_view aspect) const {
  return core::Stream(seed, fmt::format("paint {} {}", scene_kind_name(kind), aspect), index);
}

}  // namespace ersatz::data::scenes
