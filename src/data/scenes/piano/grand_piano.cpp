#include "data/scenes/piano/grand_piano.h"

#include <utility>

#include "data/scenes/render/noise.h"
#include "data/scenes/render/outline.h"

namespace ersatz::data::scenes {
namespace {

constexpr float kHalf = 0.75F;  // m, half the width of the keyboard side

// White keys with the gaps between them; evaluated at x in metres.
class Keys final : public Material {
 public:
  explicit Keys(float unit) : unit_(unit) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override {
    const float key = point.texture.x / (0.0235F * unit_);
    const float gap = std::abs(key - std::floor(key) - 0.5F);
    const float fade = texture_fade(0.0235F * unit_, 2 * point.footprint);
    look.albedo = Rgb{0.82F, 0.8F, 0.74F} * (1 - 0.7F * fade * smoothstep(0.42F, 0.48F, gap));
    look.roughness = 0.25F;
    look.specular = 0.05F;
  }

 private:
  float unit_;
};

// The gilt frame under the strings, which run away from the keys.
class Strings final : public Material {
 public:
  explicit Strings(float unit) : unit_(unit) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override {
    const float x = point.texture.x / unit_, y = point.texture.y / unit_;
    const float fan = x + 0.22F * y;
    const float string = fan / 0.045F;
    const float line = std::abs(string - std::floor(string) - 0.5F);
    const float fade = texture_fade(0.045F, 2 * point.footprint / unit_);
    look.albedo = srgb(0xB98A3A) * (1 - 0.45F * fade * smoothstep(0.3F, 0.45F, line));
    // Bars of the frame.
    const float bar = std::abs(fan / 0.42F - std::floor(fan / 0.42F) - 0.5F);
    look.albedo *= 0.75F + 0.4F * smoothstep(0.4F, 0.46F, bar);
    if (y < 0.28F) look.albedo = srgb(0x7A5A22);
    look.roughness = 0.4F;
    look.specular = 0.12F;
  }

 private:
  float unit_;
};

class LacquerWood final : public Material {
 public:
  LacquerWood(Rgb colour, float unit, Vec3 offset)
      : colour_(colour), unit_(unit), offset_(offset) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override {
    const Vec3 p = point.texture / unit_ + offset_;
    const float grain = skin_noise({p.x * 26, p.y * 2.5F, p.z * 26});
    const float flame = skin_noise({p.x * 5, p.y * 0.9F, p.z * 5});
    look.albedo = colour_ * (1 + 0.3F * grain + 0.35F * flame);
    look.roughness = 0.12F;
    look.specular = 0.05F;
  }

 private:
  Rgb colour_;
  float unit_;
  Vec3 offset_;
};

// The case seen from above, `inset` smaller, with the keyboard end cut at y = `front`.
std::vector<Point2> case_outline(float inset, float front, float length, float waist) {
  const float left = -kHalf + inset, right = kHalf - inset, back = length - inset;
  return closed_outline({{left, front, true},
                         {right, front, true},
                         {right, 0.5F, false},
                         {right - 0.07F, 0.72F},
                         {waist + 0.16F - inset, 0.62F * length},
                         {waist - 0.06F - inset, 0.8F * length},
                         {-0.12F, back - 0.02F},
                         {-0.42F, back},
                         {left + 0.1F, back - 0.12F},
                         {left, 0.78F * length, false}},
                        4);
}

Mesh scaled(Mesh mesh, float unit) {
  for (Vertex& vertex : mesh.vertices) {
    vertex.position *= unit;
    vertex.texture *= unit;
  }
  return mesh;
}

Mesh leg(float x, float y, float top, float thick) {
  Mesh mesh = lathe_mesh({{0.03F, 0.0F},
                          {0.045F, 0.02F},
                          {0.03F, 0.05F},
                          {0.55F * thick, 0.09F},
                          {thick, top - 0.12F},
                          {1.35F * thick, top - 0.1F},
                          {1.35F * thick, top}},
                         12);
  for (Vertex& vertex : mesh.vertices) vertex.texture = vertex.position;
  mesh.move({x, y, 0});
  return mesh;
}

}  // namespace

std::vector<PianoPiece> make_grand_piano(World& world, Rgb lacquer, bool wooden, float unit,
                                         core::Stream& random) {
  const float length = random.uniform(1.6F, 2.1F), waist = random.uniform(0.22F, 0.36F);
  constexpr float kBottom = 0.62F, kRim = 0.97F, kKeys = 0.73F;
  const Material* body = nullptr;
  if (wooden) {
    body =
        world.make<LacquerWood>(lacquer, unit, Vec3{random.uniform(0, 9), random.uniform(0, 9), 0});
  } else {
    SurfaceLook look;
    look.albedo = lacquer;
    look.roughness = 0.06F;
    look.specular = 0.06F;
    body = world.make<PlainMaterial>(look);
  }
  std::vector<PianoPiece> pieces;
  const auto add = [&](Mesh mesh, const Material* material) {
    pieces.push_back({scaled(std::move(mesh), unit), material});
  };
  // The case: a rim, closed below; inside it the frame with the strings.
  add(prism_mesh(case_outline(0, 0.12F, length, waist), kBottom, kRim), body);
  add(prism_mesh(case_outline(0.045F, 0.2F, length, waist), kRim - 0.02F, kRim + 0.004F),
      world.make<Strings>(unit));

  // Key bed, cheeks, keys, and the fallboard behind them.
  add(box_mesh({-kHalf, -0.2F, kBottom}, {kHalf, 0.14F, kKeys - 0.03F}), body);
  for (const float side : {-1.0F, 1.0F}) {
    const float from = std::min(side * kHalf, side * (kHalf - 0.1F));
    add(box_mesh({from, -0.2F, kBottom}, {from + 0.1F, 0.14F, kKeys + 0.07F}), body);
  }
  add(box_mesh({-kHalf + 0.1F, -0.17F, kKeys - 0.03F}, {kHalf - 0.1F, 0.09F, kKeys}),
      world.make<Keys>(unit));
  Mesh sharps;
  for (int key = 0; key < 50; ++key) {
    const int within = key % 7;
    if (within == 2 || within == 6) continue;
    const float x = -kHalf + 0.115F + 0.0255F * (static_cast<float>(key) + 1);
    if (x > kHalf - 0.12F) break;
    sharps.append(box_mesh({x - 0.006F, -0.07F, kKeys}, {x + 0.006F, 0.08F, kKeys + 0.014F}));
  }
  add(std::move(sharps), world.plain({0.012F, 0.012F, 0.012F}, 0.3F, 0.05F));
  add(box_mesh({-kHalf + 0.08F, 0.08F, kKeys - 0.02F}, {kHalf - 0.08F, 0.13F, kRim - 0.02F}), body);

  // The lid stands on its prop, hinged on the straight side.
  const float open = random.uniform(0.55F, 0.72F);
  Mesh lid = prism_mesh(case_outline(-0.015F, 0.34F, length, waist), 0, 0.025F);
  for (Vertex& vertex : lid.vertices) vertex.texture = vertex.position;
  lid.move({kHalf, 0, 0});
  lid.transform(rotation({0, 1, 0}, -open), {-kHalf, 0, kRim + 0.02F});
  add(std::move(lid), body);
  const Vec3 foot{0.62F, 0.55F, kRim};
  const float along = (foot.x - 0.12F + kHalf) / std::cos(open);
  const Vec3 head{-kHalf + along * std::cos(open), 0.62F, kRim + 0.02F + along * std::sin(open)};
  add(tube_mesh({{foot, 0.012F}, {head, 0.012F}}, 6), body);

  // The desk for the music.
  Mesh desk = box_mesh({-0.36F, 0, 0}, {0.36F, 0.02F, 0.26F});
  desk.transform(rotation({1, 0, 0}, -0.35F), {0, 0.26F, kRim + 0.01F});
  add(std::move(desk), body);
  if (random.below(2) == 0) {
    Mesh sheet = box_mesh({-0.22F, -0.012F, 0.02F}, {0.22F, -0.004F, 0.27F});
    sheet.transform(rotation({1, 0, 0}, -0.35F), {0, 0.26F, kRim + 0.01F});
    add(std::move(sheet), world.plain({0.8F, 0.79F, 0.74F}, 0.9F, 0.01F));
  }

  // Three legs and the lyre with its pedals.
  Mesh legs = leg(-0.62F, 0.0F, kBottom, 0.065F);
  legs.append(leg(0.62F, 0.0F, kBottom, 0.065F));
  legs.append(leg(-0.28F, 0.8F * length, kBottom, 0.065F));
  legs.append(box_mesh({-0.1F, 0.16F, 0.1F}, {-0.07F, 0.2F, kBottom}));
  legs.append(box_mesh({0.07F, 0.16F, 0.1F}, {0.1F, 0.2F, kBottom}));
  legs.append(box_mesh({-0.15F, 0.1F, 0.07F}, {0.15F, 0.24F, 0.13F}));
  add(std::move(legs), body);
  Mesh pedals;
  for (const float x : {-0.07F, 0.0F, 0.07F}) {
    pedals.append(box_mesh({x - 0.015F, 0.0F, 0.04F}, {x + 0.015F, 0.12F, 0.06F}));
  }
  add(std::move(pedals), world.plain(srgb(0xD9A93A), 0.2F, 0.4F));
  return pieces;
}

}  // namespace ersatz::data::scenes
