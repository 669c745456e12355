#include "data/scenes/render/mesh.h"

#include <cstddef>

namespace ersatz::data::scenes {
namespace {

std::uint32_t index32(std::size_t i) { return static_cast<std::uint32_t>(i); }

void add_quad(Mesh& mesh, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  mesh.triangles.push_back({a, b, c});
  mesh.triangles.push_back({a, c, d});
}

// Joins rows of `columns` vertices into triangles.
void join_rows(Mesh& mesh, int columns, int rows, bool wrap) {
  const int across = wrap ? columns : columns - 1;
  mesh.triangles.reserve(static_cast<std::size_t>(2 * across * (rows - 1)));
  for (int j = 0; j + 1 < rows; ++j) {
    for (int i = 0; i < across; ++i) {
      const auto at = [&](int column, int row) {
        return static_cast<std::uint32_t>(row * columns + column % columns);
      };
      add_quad(mesh, at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1));
    }
  }
}

void add_face(Mesh& mesh, Vec3 a, Vec3 b, Vec3 c, Vec3 d) {
  const Vec3 normal = normalized(cross(b - a, c - a));
  const std::uint32_t first = index32(mesh.vertices.size());
  for (const Vec3 corner : {a, b, c, d}) mesh.vertices.push_back({corner, normal, corner});
  add_quad(mesh, first, first + 1, first + 2, first + 3);
}

float area2(Point2 a, Point2 b, Point2 c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

bool is_inside(Point2 p, Point2 a, Point2 b, Point2 c) {
  return area2(a, b, p) >= 0 && area2(b, c, p) >= 0 && area2(c, a, p) >= 0;
}

}  // namespace

void Mesh::append(const Mesh& other) {
  const std::uint32_t first = index32(vertices.size());
  vertices.insert(vertices.end(), other.vertices.begin(), other.vertices.end());
  for (const auto& t : other.triangles) {
    triangles.push_back({t[0] + first, t[1] + first, t[2] + first});
  }
}

void Mesh::transform(const Mat3& map, Vec3 shift) {
  const Mat3 cofactors{cross(map.y, map.z), cross(map.z, map.x), cross(map.x, map.y)};
  for (Vertex& vertex : vertices) {
    vertex.position = map * vertex.position + shift;
    vertex.normal = normalized(cofactors * vertex.normal);
  }
}

float Mesh::lowest() const {
  float z = vertices.empty() ? 0 : vertices.front().position.z;
  for (const Vertex& vertex : vertices) z = std::min(z, vertex.position.z);
  return z;
}

Mesh grid_mesh(int columns, int rows, bool wrap,
               const std::function<Vertex(float u, float v)>& at) {
  Mesh mesh;
  mesh.vertices.reserve(static_cast<std::size_t>(columns * rows));
  const auto steps = static_cast<float>(wrap ? columns : columns - 1);
  for (int j = 0; j < rows; ++j) {
    for (int i = 0; i < columns; ++i) {
      mesh.vertices.push_back(
          at(static_cast<float>(i) / steps, static_cast<float>(j) / static_cast<float>(rows - 1)));
    }
  }
  join_rows(mesh, columns, rows, wrap);
  // Face normals gathered at the vertices: also right at poles, where differences vanish.
  for (Vertex& vertex : mesh.vertices) vertex.normal = {};
  for (const auto& t : mesh.triangles) {
    Vertex &a = mesh.vertices[t[0]], &b = mesh.vertices[t[1]], &c = mesh.vertices[t[2]];
    const Vec3 face = cross(b.position - a.position, c.position - a.position);
    a.normal += face;
    b.normal += face;
    c.normal += face;
  }
  for (Vertex& vertex : mesh.vertices) vertex.normal = normalized(vertex.normal);
  return mesh;
}

Mesh radial_mesh(int segments, int rings, const std::function<float(Vec3 direction)>& radius) {
  Mesh mesh = grid_mesh(segments, rings + 1, true, [&](float u, float v) {
    // A sliver of a hole at the poles keeps the triangles there from having no area.
    const float latitude = kPi * (std::min(0.999F, std::max(0.001F, v)) - 0.5F);
    const float longitude = 2 * kPi * u;
    const Vec3 direction{std::cos(latitude) * std::cos(longitude),
                         std::cos(latitude) * std::sin(longitude), std::sin(latitude)};
    return Vertex{direction * radius(direction), {}, direction};
  });
  // All vertices of a pole share one normal.
  const auto count = static_cast<std::size_t>(segments);
  for (const std::size_t first : {std::size_t{0}, mesh.vertices.size() - count}) {
    Vec3 sum;
    for (std::size_t i = 0; i < count; ++i) sum += mesh.vertices[first + i].normal;
    for (std::size_t i = 0; i < count; ++i) mesh.vertices[first + i].normal = normalized(sum);
  }
  return mesh;
}

Mesh lathe_mesh(const std::vector<ProfilePoint>& profile, int segments) {
  const std::size_t points = profile.size();
  std::vector<float> along(points, 0);
  for (std::size_t i = 1; i < points; ++i) {
    along[i] = along[i - 1] + std::hypot(profile[i].radius - profile[i - 1].radius,
                                         profile[i].z - profile[i - 1].z);
  }
  const auto slope = [&](std::size_t from, std::size_t to) {
    // The outward normal (r, z) of the line between two points.
    return Point2{profile[to].z - profile[from].z, profile[from].radius - profile[to].radius};
  };
  const auto is_same = [&](std::size_t a, std::size_t b) {
    return profile[a].radius == profile[b].radius && profile[a].z == profile[b].z;
  };
  Mesh mesh;
  mesh.vertices.reserve(points * static_cast<std::size_t>(segments));
  for (std::size_t i = 0; i < points; ++i) {
    Point2 normal{0, 0};
    if (i > 0 && !is_same(i - 1, i)) {
      const Point2 before = slope(i - 1, i);
      normal = {normal.x + before.x, normal.y + before.y};
    }
    if (i + 1 < points && !is_same(i, i + 1)) {
      const Point2 after = slope(i, i + 1);
      normal = {normal.x + after.x, normal.y + after.y};
    }
    for (int s = 0; s < segments; ++s) {
      const float turn = static_cast<float>(s) / static_cast<float>(segments);
      const float c = std::cos(2 * kPi * turn), n = std::sin(2 * kPi * turn);
      mesh.vertices.push_back({{profile[i].radius * c, profile[i].radius * n, profile[i].z},
                               normalized({normal.x * c, normal.x * n, normal.y}),
                               {turn, along[i] / along.back(), profile[i].radius}});
    }
  }
  join_rows(mesh, segments, static_cast<int>(points), true);
  return mesh;
}

Mesh tube_mesh(const std::vector<TubePoint>& spine, int segments, int ridges, float ridge_height) {
  const std::size_t points = spine.size();
  Mesh mesh;
  mesh.vertices.reserve((points + 2) * static_cast<std::size_t>(segments));
  Vec3 side;
  for (std::size_t i = 0; i < points; ++i) {
    const Vec3 ahead = spine[std::min(i + 1, points - 1)].position;
    const Vec3 behind = spine[i == 0 ? 0 : i - 1].position;
    const Vec3 tangent = normalized(ahead - behind);
    // The side direction is carried along, so that the tube does not twist.
    if (i == 0) side = std::abs(tangent.z) < 0.9F ? Vec3{0, 0, 1} : Vec3{1, 0, 0};
    side = normalized(side - tangent * dot(side, tangent));
    const Vec3 other = cross(tangent, side);
    for (int s = 0; s < segments; ++s) {
      const float turn = static_cast<float>(s) / static_cast<float>(segments);
      const float angle = 2 * kPi * turn;
      float radius = spine[i].radius;
      if (ridges > 0) {
        radius *= 1 + ridge_height * std::cos(static_cast<float>(ridges) * angle);
      }
      const Vec3 out = side * std::cos(angle) + other * std::sin(angle);
      const float share = static_cast<float>(i) / static_cast<float>(points - 1);
      mesh.vertices.push_back({spine[i].position + out * radius, out, {turn, share, 0}});
    }
  }
  join_rows(mesh, segments, static_cast<int>(points), true);
  for (const bool last : {false, true}) {
    const std::size_t at = last ? points - 1 : 0;
    const Vec3 outward = normalized(last ? spine[at].position - spine[at - 1].position
                                         : spine[0].position - spine[1].position);
    const std::uint32_t centre = index32(mesh.vertices.size());
    mesh.vertices.push_back({spine[at].position, outward, {0, last ? 1.0F : 0.0F, 0}});
    for (int s = 0; s < segments; ++s) {
      const auto rim = static_cast<std::uint32_t>(static_cast<int>(at) * segments);
      const std::uint32_t a = rim + static_cast<std::uint32_t>(s);
      const std::uint32_t b = rim + static_cast<std::uint32_t>((s + 1) % segments);
      mesh.triangles.push_back(last ? std::array<std::uint32_t, 3>{centre, a, b}
                                    : std::array<std::uint32_t, 3>{centre, b, a});
    }
  }
  return mesh;
}

Mesh box_mesh(Vec3 l, Vec3 h) {
  Mesh mesh;
  add_face(mesh, {l.x, l.y, h.z}, {h.x, l.y, h.z}, {h.x, h.y, h.z}, {l.x, h.y, h.z});
  add_face(mesh, {l.x, h.y, l.z}, {h.x, h.y, l.z}, {h.x, l.y, l.z}, {l.x, l.y, l.z});
  add_face(mesh, {l.x, l.y, l.z}, {h.x, l.y, l.z}, {h.x, l.y, h.z}, {l.x, l.y, h.z});
  add_face(mesh, {h.x, h.y, l.z}, {l.x, h.y, l.z}, {l.x, h.y, h.z}, {h.x, h.y, h.z});
  add_face(mesh, {h.x, l.y, l.z}, {h.x, h.y, l.z}, {h.x, h.y, h.z}, {h.x, l.y, h.z});
  add_face(mesh, {l.x, h.y, l.z}, {l.x, l.y, l.z}, {l.x, l.y, h.z}, {l.x, h.y, h.z});
  return mesh;
}

Mesh prism_mesh(const std::vector<Point2>& outline, float low, float high) {
  Mesh mesh;
  const std::size_t corners = outline.size();
  for (const bool top : {true, false}) {
    const std::uint32_t first = index32(mesh.vertices.size());
    for (const Point2 p : outline) {
      const Vec3 corner{p.x, p.y, top ? high : low};
      mesh.vertices.push_back({corner, {0, 0, top ? 1.0F : -1.0F}, corner});
    }
    for (const auto& t : triangulate(outline)) {
      if (top) {
        mesh.triangles.push_back({t[0] + first, t[1] + first, t[2] + first});
      } else {
        mesh.triangles.push_back({t[2] + first, t[1] + first, t[0] + first});
      }
    }
  }
  for (std::size_t i = 0; i < corners; ++i) {
    const Point2 a = outline[i], b = outline[(i + 1) % corners];
    add_face(mesh, {a.x, a.y, low}, {b.x, b.y, low}, {b.x, b.y, high}, {a.x, a.y, high});
  }
  return mesh;
}

std::vector<std::array<std::uint32_t, 3>> triangulate(const std::vector<Point2>& outline) {
  std::vector<std::uint32_t> left(outline.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = index32(i);
  std::vector<std::array<std::uint32_t, 3>> triangles;
  while (left.size() > 2) {
    const std::size_t n = left.size();
    std::size_t ear = n;
    for (std::size_t i = 0; i < n && ear == n; ++i) {
      const std::uint32_t a = left[(i + n - 1) % n], b = left[i], c = left[(i + 1) % n];
      if (area2(outline[a], outline[b], outline[c]) <= 0) continue;
      bool empty = true;
      for (const std::uint32_t other : left) {
        if (other != a && other != b && other != c &&
            is_inside(outline[other], outline[a], outline[b], outline[c])) {
          empty = false;
          break;
        }
      }
      if (empty) ear = i;
    }
    // Only corners on one line, or an outline that crosses itself, are left without an ear.
    if (ear == n) ear = 0;
    triangles.push_back({left[(ear + n - 1) % n], left[ear], left[(ear + 1) % n]});
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(ear));
  }
  return triangles;
}

}  // namespace ersatz::data::scenes
