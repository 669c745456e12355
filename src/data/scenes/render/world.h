// Everything the renderer needs to know about one scene.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "data/scenes/render/material.h"
#include "data/scenes/render/mesh.h"
#include "data/scenes/render/recycled.h"
#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

// A pinhole camera; pixel (x, y) covers [x, x + 1) x [y, y + 1), y down.
struct Camera {
  Vec3 eye;
  Vec3 right{1, 0, 0}, down{0, 0, -1}, forward{0, 1, 0};  // unit, perpendicular
  float focal = 100;                                      // px
  float centre_x = 64, centre_y = 64;                     // px, where `forward` is seen

  // Looks at `target`; `focal` is in units of the smaller side of the picture.
  static Camera looking(Vec3 eye, Vec3 target, float focal, int width, int height);
  // Unit direction through a point of the picture.
  Vec3 ray(float x, float y) const;
  // x and y in px, z = 1 / distance along `forward` (<= 0 behind the eye).
  Vec3 project(Vec3 point) const;
};

// What is seen where nothing stands, and what mirrors reflect.
class Environment {
 public:
  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  virtual ~Environment() = default;
  // Seen by the camera in a direction. `pixel` is the angle of a pixel in radians.
  virtual Rgb backdrop(Vec3 direction, float pixel) const = 0;
  // Blurred as a surface of this roughness reflects it.
  virtual Rgb reflection(Vec3 direction, float roughness) const = 0;
};

struct Light {
  Vec3 towards{0, 0, 1};       // unit, to the key light (sun, window, flash)
  Rgb key{1, 1, 1};            // irradiance of a surface that faces it, over pi
  float size = 0.1F;           // tangent of its angular radius: how soft shadows are
  Rgb from_above, from_below;  // ambient light on surfaces that face up and down
};

struct Fog {
  float density = 0;  // per unit of distance
  Rgb colour;
};

// A ball that keeps ambient light from its surroundings, and colours it.
struct Occluder {
  Vec3 centre;
  float radius;
  Rgb albedo;
  int object;  // not darkened by itself; -1: darkens everything
};

// A lamp near by: its light falls off with the square of the distance, from `radius` on.
struct Lamp {
  Vec3 place;
  float radius;
  Rgb light;          // irradiance within `radius`, over pi
  Vec3 aim{0, 0, 0};  // unit; null: all round
};

struct Part {
  const Material* material;
  int object = -1;  // label, -1 for what is not annotated
  bool casts_shadow = true;
  bool two_sided = false;  // also seen from the back, e.g. leaves
};

struct WorldTriangle {
  std::uint32_t a, b, c;
  std::uint32_t part;
};

class World {
 public:
  Camera camera;
  Light light;
  Fog fog;
  const Environment* environment = nullptr;  // required
  const Material* ground = nullptr;          // of the plane z = 0; null: there is none
  float ground_end = 1e9F;                   // the ground lies at y < ground_end
  std::vector<Occluder> occluders;
  std::vector<Occluder> ground_occluders;  // that only the ground feels, e.g. trees
  std::vector<Lamp> lamps;
  float snow = 0;           // share of what faces up that is white
  bool wet_ground = false;  // the ground mirrors what stands on it, as its own look says
  Recycled<Vertex> vertices;
  Recycled<WorldTriangle> triangles;
  std::vector<Part> parts;
  int objects = 0;  // labels 0 .. objects - 1 are in use

  // Owned by the world.
  template <class Kind, class... Arguments>
  Kind* make(Arguments&&... arguments) {
    auto owned = std::make_shared<Kind>(std::forward<Arguments>(arguments)...);
    Kind* made = owned.get();
    owned_.push_back(std::move(owned));
    return made;
  }
  const Material* plain(Rgb albedo, float roughness = 0.6F, float specular = 0.04F);

  // Adds a mesh as one part and returns its number.
  std::uint32_t add(const Mesh& mesh, const Part& part);
  // More triangles of an existing part.
  void extend(const Mesh& mesh, std::uint32_t part);

 private:
  std::vector<std::shared_ptr<void>> owned_;
};

}  // namespace ersatz::data::scenes
