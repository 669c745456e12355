#include "data/scenes/garment/garment_shape.h"
#include "data/scenes/render/outline.h"

namespace ersatz::data::scenes {
namespace {

GarmentShape cap(core::Stream& random) {
  const float half = random.uniform(9, 10), high = random.uniform(10.5F, 12.5F);
  const float peak = random.uniform(9, 12), side = random.below(2) == 0 ? -1.0F : 1.0F;
  GarmentShape shape;
  shape.thickness = 4;
  // The peak, to one side and a little towards the viewer.
  add(shape,
      closed_outline({{side * 0.25F * half, -1.2F, true},
                      {side * half, -0.6F},
                      {side * (half + 0.65F * peak), -1.6F},
                      {side * (half + peak), -3.6F},
                      {side * (half + 0.5F * peak), -4.6F},
                      {side * 0.5F * half, -3.8F}}),
      random.below(2) == 0 ? Cloth::kSecond : Cloth::kMain, 0.3F);
  add(shape,
      closed_outline({{-half, -1.6F, true},
                      {-half * 0.98F, 0.45F * high},
                      {-half * 0.55F, 0.9F * high},
                      {0, high},
                      {half * 0.55F, 0.9F * high},
                      {half * 0.98F, 0.45F * high},
                      {half, -1.6F, true},
                      {0, -3.2F}}),
      Cloth::kMain, 0);
  for (const float at : {-0.42F, 0.42F}) {
    add(shape,
        band(curve({{at * 0.3F, high - 0.2F},
                    {at * half * 1.1F, 0.55F * high},
                    {at * half * 1.3F, -2.2F}}),
             0.25F),
        Cloth::kSeam, 0.2F);
  }
  add(shape, ellipse({0, high}, 1, 0.6F, 10), Cloth::kSecond, 0.4F);
  return shape;
}

GarmentShape beanie(core::Stream& random) {
  const float half = random.uniform(9.5F, 11), high = random.uniform(13, 17);
  GarmentShape shape;
  shape.thickness = 4;
  shape.upright_folds = 1;
  add(shape,
      closed_outline({{-half, -4, true},
                      {-half * 1.02F, 0.3F * high},
                      {-half * 0.62F, 0.85F * high},
                      {0, high},
                      {half * 0.62F, 0.85F * high},
                      {half * 1.02F, 0.3F * high},
                      {half, -4, true}}),
      Cloth::kMain, 0);
  // The turned-up brim with its ribs.
  add(shape,
      {{-half - 0.5F, -5.5F}, {half + 0.5F, -5.5F}, {half + 0.3F, 0.6F}, {-half - 0.3F, 0.6F}},
      Cloth::kSecond, 0.6F);
  for (int i = -4; i <= 4; ++i) {
    const float x = static_cast<float>(i) * half / 4.6F;
    add(shape, rectangle({x - 0.15F, -5.3F}, {x + 0.15F, 0.4F}), Cloth::kSeam, 0.7F);
  }
  if (random.below(2) == 0) add(shape, ellipse({0, high + 1.6F}, 3, 3, 14), Cloth::kSecond, 0.5F);
  return shape;
}

GarmentShape brimmed_hat(core::Stream& random) {
  const float half = random.uniform(8.5F, 9.5F), high = random.uniform(9, 12),
              brim = random.uniform(17, 22);
  GarmentShape shape;
  shape.thickness = 3;
  add(shape, ellipse({0, -2}, brim, random.uniform(4, 7), 28), Cloth::kMain, 0);
  add(shape,
      closed_outline({{-half, -1.5F, true},
                      {-half * 0.96F, 0.6F * high},
                      {-half * 0.7F, high},
                      {0, 0.9F * high},
                      {half * 0.7F, high},
                      {half * 0.96F, 0.6F * high},
                      {half, -1.5F, true},
                      {0, -3.6F}}),
      Cloth::kMain, 0.6F);
  add(shape, band(curve({{-half - 0.1F, 0.2F}, {0, -1.9F}, {half + 0.1F, 0.2F}}), 2.8F),
      Cloth::kSecond, 0.8F);
  return shape;
}

// One shoe seen from the side, the toe to the right, standing on y = 0.
void add_side_shoe(GarmentShape& shape, Point2 at, float flip, float shaft, float length,
                   core::Stream& random) {
  const float sole = random.uniform(2, 3.2F);
  const auto place = [&](std::vector<OutlinePoint> points) {
    for (OutlinePoint& p : points) p = {at.x + flip * (p.x - 0.5F * length), at.y + p.y, p.corner};
    return points;
  };
  const float throat = 0.42F * length;
  add(shape,
      closed_outline(place({{0.02F * length, 0.5F * sole},
                            {-0.01F * length, 0.55F * shaft},
                            {0.03F * length, shaft, true},
                            {0.3F * length, shaft - 0.8F, true},
                            {throat, 0.72F * shaft},
                            {0.68F * length, 0.5F * std::min(shaft, 10.0F)},
                            {0.93F * length, 0.42F * std::min(shaft, 10.0F)},
                            {length, 0.5F * sole + 1},
                            {0.97F * length, 0.4F * sole, true},
                            {0.04F * length, 0.4F * sole, true}})),
      Cloth::kMain, 0);
  add(shape,
      closed_outline(place({{-0.02F * length, sole, true},
                            {0.35F * length, 0.86F * sole},
                            {0.75F * length, 0.8F * sole},
                            {1.02F * length, 1.1F * sole, true},
                            {1.01F * length, 0.25F * sole},
                            {0.9F * length, 0, true},
                            {0.02F * length, 0, true}})),
      Cloth::kSole, 0.3F);
  // Laces up the instep, and the cap of the toe.
  for (int i = 0; i < 4; ++i) {
    const float t = static_cast<float>(i) / 3;
    const std::vector<OutlinePoint> ends =
        place({{lerp(0.33F, 0.6F, t) * length, lerp(0.86F * shaft, 5.6F, t)},
               {lerp(0.27F, 0.52F, t) * length, lerp(0.76F * shaft, 4.4F, t)}});
    add(shape, band({{ends[0].x, ends[0].y}, {ends[1].x, ends[1].y}}, 0.8F), Cloth::kSecond, 0.4F);
  }
  const std::vector<OutlinePoint> toe =
      place({{0.74F * length, 4.6F}, {0.7F * length, 2.6F}, {0.72F * length, sole}});
  add(shape, band({{toe[0].x, toe[0].y}, {toe[1].x, toe[1].y}, {toe[2].x, toe[2].y}}, 0.4F),
      Cloth::kSeam, 0.2F);
  const std::vector<OutlinePoint> heel = place(
      {{0.02F * length, 0.85F * shaft}, {0.2F * length, 0.5F * shaft}, {0.24F * length, sole}});
  add(shape, band({{heel[0].x, heel[0].y}, {heel[1].x, heel[1].y}, {heel[2].x, heel[2].y}}, 0.4F),
      Cloth::kSeam, 0.2F);
}

// One shoe seen from above, the toe up.
void add_top_shoe(GarmentShape& shape, float x, float side, float length, core::Stream& random) {
  const float half = random.uniform(4.6F, 5.2F);
  const auto outline = [&](float grow) {
    return closed_outline({{x, -0.5F * length - grow},
                           {x + 0.72F * half + grow, -0.42F * length},
                           {x + 0.68F * half + grow, -0.1F * length},
                           {x + (side > 0 ? 1.05F : 0.9F) * half + grow, 0.22F * length},
                           {x + 0.6F * half, 0.46F * length + grow},
                           {x - 0.1F * half * side, 0.5F * length + grow},
                           {x - 0.62F * half, 0.44F * length + grow},
                           {x - (side > 0 ? 0.9F : 1.05F) * half - grow, 0.2F * length},
                           {x - 0.66F * half - grow, -0.1F * length},
                           {x - 0.72F * half - grow, -0.42F * length}});
  };
  add(shape, outline(0.7F), Cloth::kSole, -0.3F);
  add(shape, outline(0), Cloth::kMain, 0);
  add(shape, ellipse({x, -0.24F * length}, 0.5F * half, 0.19F * length, 16), Cloth::kInside, 0.3F);
  for (int i = 0; i < 4; ++i) {
    const float y = (-0.02F + 0.06F * static_cast<float>(i)) * length;
    add(shape, rectangle({x - 0.48F * half, y - 0.4F}, {x + 0.48F * half, y + 0.4F}),
        Cloth::kSecond, 0.4F);
  }
  add(shape,
      band(curve({{x - 0.8F * half, 0.28F * length},
                  {x, 0.24F * length},
                  {x + 0.8F * half, 0.28F * length}}),
           0.4F),
      Cloth::kSeam, 0.2F);
}

GarmentShape shoes(core::Stream& random) {
  GarmentShape shape;
  shape.thickness = 3.5F;
  const float length = random.uniform(26, 30);
  if (random.below(2) == 0) {
    add_top_shoe(shape, -6.4F, -1, length, random);
    add_top_shoe(shape, 6.4F, 1, length, random);
  } else {
    const float flip = random.below(2) == 0 ? -1.0F : 1.0F;
    const float shaft = random.below(3) == 0 ? random.uniform(15, 20) : random.uniform(8.5F, 11);
    core::Stream twin = random;  // both shoes are alike
    add_side_shoe(shape, {-flip * 2.5F, 1.5F}, flip, shaft, length, random);
    // The nearer one lies over the other.
    const std::size_t first = shape.pieces.size();
    add_side_shoe(shape, {flip * 3.5F, -9}, flip, shaft, length, twin);
    for (std::size_t i = first; i < shape.pieces.size(); ++i) shape.pieces[i].level += 1;
  }
  return shape;
}

}  // namespace

GarmentShape make_accessory(const std::string& garment, core::Stream& random) {
  if (garment == "shoes") return shoes(random);
  switch (random.below(3)) {
    case 0:
      return beanie(random);
    case 1:
      return brimmed_hat(random);
    default:
      return cap(random);
  }
}

GarmentShape make_garment(const std::string& garment, core::Stream& random) {
  if (garment == "hat" || garment == "shoes") return make_accessory(garment, random);
  if (garment == "dress" || garment == "skirt" || garment == "pants" || garment == "shorts") {
    return make_bottom(garment, random);
  }
  return make_top(garment, random);
}

}  // namespace ersatz::data::scenes
