#include "data/scenes/garment/garment_shape.h"
#include "data/scenes/render/outline.h"

namespace ersatz::data::scenes {
namespace {

struct Top {
  float neck, neck_drop;          // half width, depth of the opening at the front
  float shoulder, slope;          // half width, drop of the shoulder
  float chest, waist, hem;        // half widths
  float height;                   // from shoulder to hem
  float sleeve, sleeve_angle;     // length; radians below level
  float sleeve_root, sleeve_end;  // widths
};

struct TopLines {
  std::vector<Point2> outline, armhole;
  Point2 outer, inner, back;  // ends of the sleeve's hem, and the unit vector up the sleeve
  float top, bottom;
};

// The outline of a piece with two sleeves, and where its seams are.
TopLines draw_top(const Top& t) {
  const float top = 0.5F * t.height, bottom = -top;
  const Point2 tip{t.shoulder, top - t.slope};
  const float c = std::cos(t.sleeve_angle), s = std::sin(t.sleeve_angle);
  const Point2 outer{tip.x + t.sleeve * c, tip.y - t.sleeve * s};
  const Point2 inner{outer.x - t.sleeve_end * s, outer.y - t.sleeve_end * c};
  const Point2 armpit{t.chest, tip.y - t.sleeve_root};
  // A hanging sleeve may not cross the body.
  const float clear = std::max(inner.x, t.waist + 0.8F);
  const Point2 cuff{clear, inner.y};
  TopLines lines;
  lines.outline = mirrored_outline({{0, top - t.neck_drop},
                                    {0.65F * t.neck, top - 0.72F * t.neck_drop},
                                    {t.neck, top, true},
                                    {tip.x, tip.y},
                                    {outer.x, outer.y, true},
                                    {cuff.x, cuff.y, true},
                                    {armpit.x, armpit.y, true},
                                    {t.waist, 0.1F * bottom},
                                    {t.hem, bottom + 0.6F, true},
                                    {0, bottom}});
  lines.armhole = curve({{t.shoulder - 0.8F, tip.y + 0.2F},
                         {t.shoulder - 1.6F, 0.5F * (tip.y + armpit.y)},
                         {armpit.x, armpit.y}});
  lines.outer = outer;
  lines.inner = cuff;
  lines.back = {-c, s};
  lines.top = top;
  lines.bottom = bottom;
  return lines;
}

// The end of the sleeve from its hem to `width` up.
std::vector<Point2> cuff_of(const TopLines& lines, float width) {
  const Point2 up{lines.back.x * width, lines.back.y * width};
  // The sleeve gets wider: 4 % on each side do for a cuff.
  const Point2 out{0.04F * (lines.outer.x - lines.inner.x),
                   0.04F * (lines.outer.y - lines.inner.y)};
  return {lines.inner,
          lines.outer,
          {lines.outer.x + up.x + out.x, lines.outer.y + up.y + out.y},
          {lines.inner.x + up.x, lines.inner.y + up.y}};
}

std::vector<Point2> hem_of(const TopLines& lines, float at) {
  const std::vector<Point2> cuff = cuff_of(lines, at);
  return band({cuff[3], cuff[2]}, 0.35F);
}

// What all tops have: the back seen through the neck, armholes and hems.
void add_common(GarmentShape& shape, const Top& t, const TopLines& lines) {
  add(shape, ellipse({0, lines.top - 0.35F * t.neck_drop}, t.neck, 0.72F * t.neck_drop + 0.4F, 16),
      Cloth::kInside, -0.4F);
  add(shape, lines.outline, Cloth::kMain, 0);
  add_both(shape, band(lines.armhole, 0.35F), Cloth::kSeam, 0.1F);
  add_both(shape, hem_of(lines, 1.8F), Cloth::kSeam, 0.1F);
  add(shape,
      band(curve({{-t.hem, lines.bottom + 2.4F},
                  {0, lines.bottom + 1.8F},
                  {t.hem, lines.bottom + 2.4F}}),
           0.3F),
      Cloth::kSeam, 0.1F);
}

std::vector<Point2> neckline(const Top& t, float top) {
  return curve({{-t.neck, top + 0.1F},
                {-0.65F * t.neck, top - 0.72F * t.neck_drop},
                {0, top - t.neck_drop},
                {0.65F * t.neck, top - 0.72F * t.neck_drop},
                {t.neck, top + 0.1F}});
}

GarmentShape tee(bool long_sleeves, core::Stream& random) {
  Top t{};
  t.neck = random.uniform(7.5F, 9.5F);
  t.neck_drop = random.uniform(5, 9);
  t.shoulder = random.uniform(20, 23);
  t.slope = random.uniform(3, 5);
  t.chest = random.uniform(21, 25);
  t.waist = t.chest - random.uniform(0, 2.5F);
  t.hem = t.chest + random.uniform(-1, 1.5F);
  t.height = random.uniform(62, 70);
  t.sleeve_root = random.uniform(17, 20);
  if (long_sleeves) {
    t.sleeve = random.uniform(50, 58);
    t.sleeve_angle = random.uniform(0.95F, 1.3F);
    t.sleeve_end = random.uniform(8.5F, 10.5F);
  } else {
    t.sleeve = random.uniform(14, 20);
    t.sleeve_angle = random.uniform(0.45F, 0.8F);
    t.sleeve_end = random.uniform(14, 17);
  }
  const TopLines lines = draw_top(t);
  GarmentShape shape;
  add_common(shape, t, lines);
  // The knitted band round the neck.
  add(shape, band(neckline(t, lines.top), 2.2F),
      random.below(3) == 0 ? Cloth::kSecond : Cloth::kMain, 0.25F);
  add(shape,
      band(neckline({t.neck + 1.1F, t.neck_drop + 1.2F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, lines.top),
           0.3F),
      Cloth::kSeam, 0.35F);
  if (long_sleeves && random.below(2) == 0) {
    add_both(shape, cuff_of(lines, 4), Cloth::kSecond, 0.15F);
  }
  return shape;
}

GarmentShape shirt(core::Stream& random) {
  Top t{};
  t.neck = random.uniform(6.5F, 7.5F);
  t.neck_drop = random.uniform(5, 7);
  t.shoulder = random.uniform(21, 23);
  t.slope = random.uniform(3, 4.5F);
  t.chest = random.uniform(23, 26);
  t.waist = t.chest - random.uniform(0, 2);
  t.hem = t.chest + random.uniform(-1, 1);
  t.height = random.uniform(68, 76);
  t.sleeve_root = random.uniform(19, 21);
  const bool long_sleeves = random.uniform() < 0.7F;
  t.sleeve = long_sleeves ? random.uniform(50, 56) : random.uniform(19, 23);
  t.sleeve_angle = long_sleeves ? random.uniform(1.0F, 1.3F) : random.uniform(0.5F, 0.8F);
  t.sleeve_end = long_sleeves ? random.uniform(9.5F, 11) : random.uniform(16, 18);
  const TopLines lines = draw_top(t);
  GarmentShape shape;
  add_common(shape, t, lines);
  if (long_sleeves) add_both(shape, hem_of(lines, 6), Cloth::kSeam, 0.2F);
  // The placket with its buttons.
  const float from = lines.top - t.neck_drop;
  add(shape, rectangle({-1.7F, lines.bottom + 0.2F}, {1.7F, from}), Cloth::kMain, 0.2F);
  for (const float side : {-1.7F, 1.7F}) {
    add(shape, rectangle({side - 0.18F, lines.bottom + 0.2F}, {side + 0.18F, from}), Cloth::kSeam,
        0.3F);
  }
  for (int i = 0; i < 6; ++i) {
    const float y = lerp(from - 4, lines.bottom + 9, static_cast<float>(i) / 5);
    add(shape, ellipse({0, y}, 0.85F, 0.85F, 8), Cloth::kButton, 0.4F);
  }
  // The two halves of the collar.
  const float spread = random.uniform(0.7F, 1.2F);
  add_both(shape,
           closed_outline({{0.2F, lines.top - t.neck_drop + 0.6F, true},
                           {t.neck * 0.75F, lines.top - 0.5F * t.neck_drop},
                           {t.neck + 0.6F, lines.top + 0.7F, true},
                           {t.neck + 1.8F, lines.top - 1.2F, true},
                           {t.neck * spread, lines.top - t.neck_drop - 4.6F, true}},
                          3),
           Cloth::kMain, 0.7F);
  add_both(shape,
           band({{t.neck + 1.8F, lines.top - 1.2F},
                 {t.neck * spread, lines.top - t.neck_drop - 4.6F},
                 {0.2F, lines.top - t.neck_drop + 0.6F}},
                0.4F),
           Cloth::kSeam, 0.8F);
  if (random.uniform() < 0.6F) {
    const Point2 at{9.5F, lines.top - 25};
    const std::vector<Point2> pocket = {{at.x - 5, at.y},
                                        {at.x, at.y - 1.6F},
                                        {at.x + 5, at.y},
                                        {at.x + 5, at.y + 11},
                                        {at.x - 5, at.y + 11}};
    add(shape, pocket, Cloth::kMain, 0.2F);
    add(shape, band({pocket[4], pocket[0], pocket[1], pocket[2], pocket[3]}, 0.3F), Cloth::kSeam,
        0.3F);
    add(shape, band({pocket[4], pocket[3]}, 0.4F), Cloth::kSeam, 0.3F);
  }
  return shape;
}

GarmentShape outwear(core::Stream& random) {
  Top t{};
  const bool coat = random.below(3) == 0;
  t.neck = random.uniform(8, 9.5F);
  t.neck_drop = random.uniform(7, 9);
  t.shoulder = random.uniform(24, 27);
  t.slope = random.uniform(4, 6);
  t.chest = random.uniform(27, 31);
  t.waist = t.chest - random.uniform(0, 2);
  t.hem = t.chest + (coat ? random.uniform(1, 5) : random.uniform(-2, 1));
  t.height = coat ? random.uniform(86, 100) : random.uniform(64, 72);
  t.sleeve_root = random.uniform(22, 25);
  t.sleeve = random.uniform(52, 58);
  t.sleeve_angle = random.uniform(1.05F, 1.32F);
  t.sleeve_end = random.uniform(12.5F, 15);
  const TopLines lines = draw_top(t);
  GarmentShape shape;
  shape.thickness = 3;
  shape.quilted = !coat && random.below(2) == 0;
  const bool hood = !coat && random.below(2) == 0;
  if (hood) {
    add(shape, ellipse({0, lines.top + 4.5F}, 14, 11, 18), Cloth::kMain, -0.3F);
    add(shape, ellipse({0, lines.top + 3}, 10, 7.5F, 18), Cloth::kInside, -0.2F);
  }
  add_common(shape, t, lines);
  if (shape.quilted) {
    add_both(shape, cuff_of(lines, 4.5F), Cloth::kSecond, 0.2F);
  } else {
    add_both(shape, hem_of(lines, 5), Cloth::kSeam, 0.2F);
  }
  const float from = lines.top - t.neck_drop;
  if (coat) {
    // Lapels and one row of large buttons; the shirt side is seen between the lapels.
    add(shape,
        {{0, from - 16}, {t.neck * 0.9F, lines.top + 0.5F}, {-t.neck * 0.9F, lines.top + 0.5F}},
        Cloth::kInside, 0.15F);
    add_both(shape,
             {{0.4F, from - 17},
              {11.5F, from - 5},
              {9, from - 2},
              {13, from + 1},
              {t.neck + 0.5F, lines.top + 0.8F},
              {t.neck * 0.7F, lines.top - 1}},
             Cloth::kMain, 0.6F);
    add_both(shape,
             band({{0.4F, from - 17},
                   {11.5F, from - 5},
                   {9, from - 2},
                   {13, from + 1},
                   {t.neck + 0.5F, lines.top + 0.8F}},
                  0.5F),
             Cloth::kSeam, 0.7F);
    add(shape, rectangle({-0.25F, lines.bottom + 0.2F}, {0.25F, from - 16}), Cloth::kSeam, 0.3F);
    for (int i = 0; i < 3; ++i) {
      add(shape, ellipse({3, from - 22 - 13 * static_cast<float>(i)}, 1.5F, 1.5F, 10),
          Cloth::kButton, 0.5F);
    }
  } else {
    // A zip, and a collar that stands.
    add(shape, rectangle({-1.3F, lines.bottom + 0.2F}, {1.3F, from + 0.5F}), Cloth::kSeam, 0.25F);
    add(shape, rectangle({-0.45F, lines.bottom + 0.2F}, {0.45F, from + 0.5F}), Cloth::kButton,
        0.4F);
    if (!hood) {
      add_both(shape,
               {{0.6F, from},
                {t.neck * 0.8F, lines.top - 0.55F * t.neck_drop},
                {t.neck + 0.8F, lines.top + 0.5F},
                {t.neck - 0.6F, lines.top + 4.5F},
                {0.6F, from + 6.5F}},
               Cloth::kMain, 0.5F);
    }
    add(shape, rectangle({-t.hem + 0.4F, lines.bottom + 0.8F}, {t.hem - 0.4F, lines.bottom + 5}),
        shape.quilted ? Cloth::kSecond : Cloth::kMain, 0.15F);
  }
  const float pocket = lines.bottom + (coat ? 32.0F : 14.0F);
  add_both(shape, band({{9, pocket}, {16.5F, pocket + (coat ? 1.0F : 7.0F)}}, 1), Cloth::kSeam,
           0.2F);
  return shape;
}

}  // namespace

GarmentShape make_top(const std::string& garment, core::Stream& random) {
  if (garment == "shirt") return shirt(random);
  if (garment == "outwear") return outwear(random);
  return tee(garment == "longsleeve", random);
}

}  // namespace ersatz::data::scenes
