// Triangle meshes and the builders that scenes are made with.
//
// Triangles wind counter-clockwise seen from outside (right-handed coordinates, z up).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

struct Vertex {
  Vec3 position, normal;
  Vec3 texture;  // where the material is evaluated: often the position before bending
};

struct Mesh {
  std::vector<Vertex> vertices;
  std::vector<std::array<std::uint32_t, 3>> triangles;

  void append(const Mesh& other);
  void transform(const Mat3& map, Vec3 shift);  // normals by the map's cofactors, made unit again
  float lowest() const;                         // smallest z; 0 when empty
};

// A grid of (columns x rows) vertices, u along a row and v across rows, both in [0, 1]. With `wrap`
// the last column is joined to the first, and u = 1 is not evaluated. Normals by differences of
// neighbours; they point to the side from which u runs to the right when v runs up.
Mesh grid_mesh(int columns, int rows, bool wrap, const std::function<Vertex(float u, float v)>& at);

// A sphere whose radius is radius(unit direction): texture = the direction.
Mesh radial_mesh(int segments, int rings, const std::function<float(Vec3 direction)>& radius);

// A profile of (r, z) turned round the z axis, from the outside bottom to the top or over the rim
// to the inside. Texture = (angle in turns, share of the profile's length, radius). The edge at a
// point listed twice stays sharp.
struct ProfilePoint {
  float radius, z;
};
Mesh lathe_mesh(const std::vector<ProfilePoint>& profile, int segments);

// A tube along points with a radius each, closed at both ends. `ridges` > 0 makes the cross section
// a rounded polygon. Texture = (angle in turns, share of the length, 0).
struct TubePoint {
  Vec3 position;
  float radius;
};
Mesh tube_mesh(const std::vector<TubePoint>& spine, int segments, int ridges = 0,
               float ridge_height = 0);

// Flat sides; texture = position.
Mesh box_mesh(Vec3 low, Vec3 high);

struct Point2 {
  float x, y;
};
// A simple polygon (counter-clockwise seen from above) between two heights; texture = position.
Mesh prism_mesh(const std::vector<Point2>& outline, float low, float high);

// Index triples that cover a simple counter-clockwise polygon (ear clipping).
std::vector<std::array<std::uint32_t, 3>> triangulate(const std::vector<Point2>& outline);

}  // namespace ersatz::data::scenes
