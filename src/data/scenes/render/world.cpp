#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

Camera Camera::looking(Vec3 eye, Vec3 target, float focal, int width, int height) {
  Camera camera;
  camera.eye = eye;
  camera.forward = normalized(target - eye);
  // Straight down, "up" in the picture is +y.
  const Vec3 reference = std::abs(camera.forward.z) > 0.9999F ? Vec3{0, 1, 0} : Vec3{0, 0, 1};
  camera.right = normalized(cross(camera.forward, reference));
  camera.down = cross(camera.forward, camera.right);
  camera.focal = focal * static_cast<float>(std::min(width, height));
  camera.centre_x = 0.5F * static_cast<float>(width);
  camera.centre_y = 0.5F * static_cast<float>(height);
  return camera;
}

Vec3 Camera::ray(float x, float y) const {
  return normalized(forward * focal + right * (x - centre_x) + down * (y - centre_y));
}

Vec3 Camera::project(Vec3 point) const {
  const Vec3 offset = point - eye;
  const float distance = dot(offset, forward);
  if (distance <= 0) return {0, 0, -1};
  const float inverse = 1 / distance;
  return {centre_x + focal * dot(offset, right) * inverse,
          centre_y + focal * dot(offset, down) * inverse, inverse};
}

const Material* World::plain(Rgb albedo, float roughness, float specular) {
  SurfaceLook look;
  look.albedo = albedo;
  look.roughness = roughness;
  look.specular = specular;
  return make<PlainMaterial>(look);
}

std::uint32_t World::add(const Mesh& mesh, const Part& part) {
  const auto number = static_cast<std::uint32_t>(parts.size());
  parts.push_back(part);
  objects = std::max(objects, part.object + 1);
  extend(mesh, number);
  return number;
}

void World::extend(const Mesh& mesh, std::uint32_t part) {
  const auto first = static_cast<std::uint32_t>(vertices.size());
  vertices.insert(vertices.end(), mesh.vertices.begin(), mesh.vertices.end());
  triangles.reserve(triangles.size() + mesh.triangles.size());
  for (const auto& t : mesh.triangles) {
    triangles.push_back({t[0] + first, t[1] + first, t[2] + first, part});
  }
}

}  // namespace ersatz::data::scenes
