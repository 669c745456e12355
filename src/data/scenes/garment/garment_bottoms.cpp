#include "data/scenes/garment/garment_shape.h"
#include "data/scenes/render/outline.h"

namespace ersatz::data::scenes {
namespace {

// Trousers, long or short.
GarmentShape trousers(bool short_, core::Stream& random) {
  const float height = short_ ? random.uniform(36, 46) : random.uniform(92, 102);
  const float top = 0.5F * height, bottom = -top;
  const float waist = random.uniform(17, 20), hip = waist + random.uniform(3, 5);
  const float rise = random.uniform(24, 28);
  const float leg =
      short_ ? random.uniform(14, 17) : random.uniform(9, 13);  // half... width of a hem
  // How far the legs are spread.
  const float spread = short_ ? random.uniform(2, 5) : random.uniform(1.5F, 6);
  const float outer = hip * (short_ ? 1.02F : 0.72F) + spread + (short_ ? 2.0F : 0.0F);
  const float inner = std::max(0.7F, outer - (short_ ? 1.25F : 1.35F) * leg);
  GarmentShape shape;
  add(shape, ellipse({0, top - 0.3F}, waist - 0.4F, 1.7F, 16), Cloth::kInside, -0.3F);
  add(shape,
      mirrored_outline(
          {{0, top - 1.4F},
           {waist, top, true},
           {hip, top - 0.62F * rise},
           {0.5F * (hip + outer) + (short_ ? 0.5F : 0.2F), lerp(top - rise, bottom, 0.4F)},
           {outer, bottom + 0.6F, true},
           {inner, bottom, true},
           {0.55F * inner + 0.3F, lerp(top - rise, bottom, 0.55F)},
           {0.0F, top - rise, true}}),
      Cloth::kMain, 0);
  // Waistband with belt loops, fly, pockets, hems.
  const float band_low = top - 4.6F;
  add(shape,
      {{-waist - 0.7F, band_low},
       {waist + 0.7F, band_low},
       {waist, top - 0.1F},
       {0, top - 1.5F},
       {-waist, top - 0.1F}},
      Cloth::kMain, 0.2F);
  add(shape,
      band(curve({{-waist - 0.7F, band_low}, {0, band_low - 0.8F}, {waist + 0.7F, band_low}}),
           0.35F),
      Cloth::kSeam, 0.3F);
  for (const float x : {-0.62F, 0.62F}) {
    add(shape, rectangle({x * waist - 0.6F, band_low - 0.4F}, {x * waist + 0.6F, top - 0.4F}),
        Cloth::kSeam, 0.35F);
  }
  add(shape, ellipse({0, top - 3.2F}, 0.9F, 0.9F, 8), Cloth::kButton, 0.4F);
  add(shape, band(curve({{0, band_low}, {0, top - 0.6F * rise}, {0, top - rise + 0.5F}}), 0.4F),
      Cloth::kSeam, 0.2F);
  add(shape,
      band(curve({{3.6F, band_low}, {3.4F, top - 0.55F * rise}, {0.3F, top - 0.78F * rise}}), 0.3F),
      Cloth::kSeam, 0.2F);
  add_both(shape,
           band(curve({{0.55F * waist, band_low - 0.3F},
                       {0.72F * hip, top - 10.5F},
                       {hip - 0.6F, top - 13}}),
                0.45F),
           Cloth::kSeam, 0.2F);
  const float hem = bottom + (short_ ? 2.6F : 2.2F);
  add_both(shape, band({{inner - 0.1F, hem}, {outer, hem + 0.6F}}, 0.4F), Cloth::kSeam, 0.2F);
  if (!short_) {
    // The crease down the leg.
    add_both(shape, band({{0.5F * (inner + outer), bottom + 1}, {0.55F * hip, top - rise}}, 0.25F),
             Cloth::kSeam, 0.12F);
  }
  return shape;
}

GarmentShape skirt(core::Stream& random) {
  const float height = random.uniform(40, 68), top = 0.5F * height, bottom = -top;
  const float waist = random.uniform(16, 18.5F), hem = waist + random.uniform(5, 20);
  GarmentShape shape;
  shape.upright_folds = hem > waist + 10 ? 1.0F : 0.5F;
  add(shape, ellipse({0, top - 0.3F}, waist - 0.4F, 1.7F, 16), Cloth::kInside, -0.3F);
  add(shape,
      mirrored_outline({{0, top - 1.4F},
                        {waist, top, true},
                        {lerp(waist, hem, 0.42F) + 1.5F, top - 0.35F * height},
                        {hem, bottom + 2.2F, true},
                        {0.5F * hem, bottom + 0.4F},
                        {0, bottom}}),
      Cloth::kMain, 0);
  add(shape,
      {{-waist - 0.5F, top - 4.2F},
       {waist + 0.5F, top - 4.2F},
       {waist, top - 0.1F},
       {0, top - 1.5F},
       {-waist, top - 0.1F}},
      random.below(2) == 0 ? Cloth::kSecond : Cloth::kMain, 0.2F);
  add(shape, band({{-waist - 0.5F, top - 4.2F}, {waist + 0.5F, top - 4.2F}}, 0.4F), Cloth::kSeam,
      0.3F);
  // Pleats.
  const int pleats = 2 + static_cast<int>(random.below(4));
  for (int i = 0; i < pleats; ++i) {
    const float at = (static_cast<float>(i) + 0.5F) / static_cast<float>(pleats);
    add_both(shape,
             band({{at * 0.95F * waist, top - 4.6F}, {at * 0.95F * hem, bottom + 1.5F}}, 0.35F),
             Cloth::kSeam, 0.1F);
  }
  add(shape,
      band(curve({{-hem + 0.3F, bottom + 4}, {0, bottom + 1.9F}, {hem - 0.3F, bottom + 4}}), 0.3F),
      Cloth::kSeam, 0.15F);
  return shape;
}

GarmentShape dress(core::Stream& random) {
  const float height = random.uniform(88, 112), top = 0.5F * height, bottom = -top;
  const float chest = random.uniform(18.5F, 21), waist = random.uniform(14.5F, 17);
  const float hem = random.uniform(25, 38), waist_y = top - random.uniform(36, 42);
  const bool straps = random.below(2) == 0;
  const float neck = straps ? random.uniform(8, 10) : random.uniform(8, 9.5F);
  const float neck_drop = random.uniform(8, 15);
  GarmentShape shape;
  shape.upright_folds = 1;
  std::vector<OutlinePoint> half = {
      {0, top - neck_drop}, {0.62F * neck, top - 0.72F * neck_drop}, {neck, top, true}};
  if (straps) {
    half.insert(
        half.end(),
        {{neck + 3.2F, top - 0.5F, true}, {neck + 3.6F, top - 10}, {chest, top - 20, true}});
  } else {
    // Cap sleeves.
    half.insert(
        half.end(),
        {{19, top - 4}, {26, top - 11, true}, {22.5F, top - 18, true}, {chest, top - 19.5F, true}});
  }
  half.insert(half.end(), {{lerp(chest, waist, 0.6F), top - 29},
                           {waist, waist_y},
                           {lerp(waist, hem, 0.45F), lerp(waist_y, bottom, 0.35F)},
                           {hem, bottom + 3, true},
                           {0.5F * hem, bottom + 0.5F},
                           {0, bottom}});
  add(shape, ellipse({0, top - 0.4F * neck_drop}, neck, 0.62F * neck_drop + 0.4F, 16),
      Cloth::kInside, -0.4F);
  add(shape, mirrored_outline(half), Cloth::kMain, 0);
  add(shape,
      band(curve({{-neck, top},
                  {-0.62F * neck, top - 0.72F * neck_drop},
                  {0, top - neck_drop},
                  {0.62F * neck, top - 0.72F * neck_drop},
                  {neck, top}}),
           1.2F),
      Cloth::kMain, 0.25F);
  const bool belt = random.below(2) == 0;
  if (belt) {
    add(shape,
        {{-waist - 0.3F, waist_y - 1.8F},
         {waist + 0.3F, waist_y - 1.8F},
         {waist + 0.3F, waist_y + 1.8F},
         {-waist - 0.3F, waist_y + 1.8F}},
        Cloth::kSecond, 0.3F);
  } else {
    add(shape, band({{-waist, waist_y}, {waist, waist_y}}, 0.5F), Cloth::kSeam, 0.2F);
  }
  const int pleats = 2 + static_cast<int>(random.below(3));
  for (int i = 0; i < pleats; ++i) {
    const float at = (static_cast<float>(i) + 0.5F) / static_cast<float>(pleats);
    add_both(shape, band({{at * 0.9F * waist, waist_y - 2}, {at * 0.93F * hem, bottom + 2}}, 0.35F),
             Cloth::kSeam, 0.1F);
  }
  return shape;
}

}  // namespace

GarmentShape make_bottom(const std::string& garment, core::Stream& random) {
  if (garment == "dress") return dress(random);
  if (garment == "skirt") return skirt(random);
  return trousers(garment == "shorts", random);
}

}  // namespace ersatz::data::scenes
