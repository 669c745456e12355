#include "data/scenes/fruit/fruit_layout.h"

#include <cstddef>

namespace ersatz::data::scenes {
namespace {

constexpr int kTriesPerRing = 24;

// Whether two fruits keep their distance on the table and, seen by the camera, leave at least the
// larger part of each other free.
bool are_apart(const FruitModel& a, Vec3 at_a, const FruitModel& b, Vec3 at_b, float gap,
               const Mat3& view) {
  for (const Disc& disc_a : a.discs) {
    for (const Disc& disc_b : b.discs) {
      const Vec3 offset = (disc_a.centre + at_a) - (disc_b.centre + at_b);
      const float sum = disc_a.radius + disc_b.radius;
      if (std::hypot(offset.x, offset.y) < sum + gap) return false;
      const float seen = std::hypot(dot(offset, view.x), dot(offset, view.y));
      if (seen < 0.72F * sum) return false;
    }
  }
  return true;
}

// The discs of a turned model, without its meshes.
FruitModel outline_of(const FruitModel& model, float turn) {
  FruitModel outline;
  outline.discs = model.discs;
  outline.turn(turn);
  return outline;
}

}  // namespace

std::vector<Vec3> lay_out(std::vector<FruitModel>& models, const FruitLayout& layout,
                          core::Stream& random) {
  const Mat3 view = tilt_to(layout.towards_eye);
  std::vector<Vec3> places;
  float area = 0;
  for (std::size_t i = 0; i < models.size(); ++i) {
    FruitModel& model = models[i];
    float footprint = 0;
    for (const Disc& disc : model.discs) footprint += square(disc.radius);
    area += footprint;
    float reach = i == 0 ? 0.3F * model.radius : std::sqrt(area) * 1.1F * layout.spread;
    for (int tries = 0;; ++tries) {
      // Whatever does not fit finds its place farther out.
      if (tries > 0 && tries % kTriesPerRing == 0) reach = reach * 1.15F + 0.2F;
      const float turn = random.uniform(0, 2 * kPi);
      const FruitModel turned = outline_of(model, turn);
      const float angle = random.uniform(0, 2 * kPi), r = reach * std::sqrt(random.uniform());
      const Vec3 place{1.15F * r * std::cos(angle), r * std::sin(angle), 0};
      const float gap = random.uniform(layout.gap_low, layout.gap_high);
      bool fits = true;
      for (std::size_t j = 0; j < i && fits; ++j) {
        fits = are_apart(turned, place, models[j], places[j], gap, view);
      }
      if (!fits) continue;
      model.turn(turn);
      places.push_back(place);
      break;
    }
  }
  // Centred, so that a plate or a basket can stand round them.
  Vec3 middle;
  for (const Vec3 place : places) middle += place / static_cast<float>(places.size());
  for (Vec3& place : places) place -= middle;
  return places;
}

}  // namespace ersatz::data::scenes
