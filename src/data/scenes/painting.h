// What the painters of the kinds are given and what they hand back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/philox.h"
#include "data/scenes/render/film.h"
#include "data/scenes/render/world.h"
#include "data/scenes/scene.h"

namespace ersatz::data {

// Throws what draw_scene promises for sizes, domains and indices outside their range.
void require_valid(const SceneRequest& request, std::int64_t index);

}  // namespace ersatz::data

namespace ersatz::data::scenes {

struct PaintJob {
  SceneKind kind = SceneKind::kFruit;
  SceneAttributes attributes;  // complete
  int width = 128, height = 128;
  float domain = 0;
  std::uint64_t seed = 0, index = 0;

  const std::string& attribute(const std::string& name) const { return attributes.at(name); }
  bool is(const std::string& name, std::string_view value) const {
    return attributes.at(name) == value;
  }
  // Random numbers for one aspect of the scene: what one aspect uses up does not shift another.
  core::Stream stream(std::string_view aspect) const;
  // A number that moves from the web's to the camera's value.
  float between(float web, float camera) const { return web + (camera - web) * domain; }
  float smaller_side() const { return static_cast<float>(width < height ? width : height); }
};

struct Painting {
  World world;
  Film film;
  std::vector<std::string> names;           // of World::objects
  std::function<void(Rendering&)> overlay;  // what is in the air, before the lens; may be empty
};

void paint_fruit(const PaintJob& job, Painting& painting);
void paint_apple_tree(const PaintJob& job, Painting& painting);
void paint_garment(const PaintJob& job, Painting& painting);
void paint_grand_piano(const PaintJob& job, Painting& painting);
void paint_background(const PaintJob& job, Painting& painting);
void paint_car(const PaintJob& job, Painting& painting);
void paint_road(const PaintJob& job, Painting& painting);

}  // namespace ersatz::data::scenes
