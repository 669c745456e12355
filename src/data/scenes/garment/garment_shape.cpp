#include "data/scenes/garment/garment_shape.h"

#include <utility>

#include "data/scenes/render/outline.h"

namespace ersatz::data::scenes {

void add(GarmentShape& shape, std::vector<Point2> outline, Cloth cloth, float level) {
  shape.pieces.push_back({std::move(outline), cloth, level});
}

void add_both(GarmentShape& shape, const std::vector<Point2>& outline, Cloth cloth, float level) {
  add(shape, outline, cloth, level);
  add(shape, mirrored(outline), cloth, level);
}

}  // namespace ersatz::data::scenes
