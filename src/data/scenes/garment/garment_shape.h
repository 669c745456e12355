// The ten garments as flat pieces with seams, laid out on a floor. Centimetres; x to the right, y
// up the picture, the middle of the garment near the origin.
#pragma once

#include <string>
#include <vector>

#include "core/philox.h"
#include "data/scenes/render/mesh.h"

namespace ersatz::data::scenes {

enum class Cloth { kMain, kSecond, kInside, kSeam, kButton, kSole };

struct GarmentPiece {
  std::vector<Point2> outline;  // simple, counter-clockwise
  Cloth cloth = Cloth::kMain;
  float level = 0;  // cm above the others, at most 2
};

struct GarmentShape {
  std::vector<GarmentPiece> pieces;
  float thickness = 1.2F;   // cm: how round the edges are
  float upright_folds = 0;  // share of the folds that hang down, as in a skirt
  bool quilted = false;
};

void add(GarmentShape& shape, std::vector<Point2> outline, Cloth cloth, float level);
// The piece and its mirror image on the other side of x = 0.
void add_both(GarmentShape& shape, const std::vector<Point2>& outline, Cloth cloth, float level);

// `garment`: dress, hat, longsleeve, outwear, pants, shirt, shoes, shorts, skirt or t-shirt.
GarmentShape make_garment(const std::string& garment, core::Stream& random);

// The parts of it, one file each.
GarmentShape make_top(const std::string& garment, core::Stream& random);     // worn above the waist
GarmentShape make_bottom(const std::string& garment, core::Stream& random);  // dress and below
GarmentShape make_accessory(const std::string& garment, core::Stream& random);  // hat, shoes

}  // namespace ersatz::data::scenes
