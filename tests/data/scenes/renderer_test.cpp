#include "data/scenes/render/renderer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "data/scenes/render/film.h"
#include "data/scenes/render/mesh.h"
#include "data/scenes/render/noise.h"

namespace ersatz::data::scenes {
namespace {

class GreySurroundings final : public Environment {
 public:
  Rgb backdrop(Vec3, float) const override { return {0.25F, 0.25F, 0.25F}; }
  Rgb reflection(Vec3, float) const override { return {0.25F, 0.25F, 0.25F}; }
};

// Seen from (0, -10, 0) along +y; one unit at the origin is `focal` * side / 10 px.
World empty_world(int width, int height) {
  World world;
  world.camera = Camera::looking({0, -10, 0}, {0, 0, 0}, 2, width, height);
  world.environment = world.make<GreySurroundings>();
  world.light.towards = normalized({0, -1, 1});
  world.light.from_above = world.light.from_below = {0.3F, 0.3F, 0.3F};
  return world;
}

Mesh unit_sphere() {
  return radial_mesh(64, 40, [](Vec3) { return 1.0F; });
}

TEST(Camera, ProjectsAndUnprojects) {
  const Camera camera = Camera::looking({3, -5, 4}, {0, 0, 1}, 1.5F, 120, 80);
  const Vec3 middle = camera.project({0, 0, 1});
  EXPECT_NEAR(middle.x, 60, 1e-3);
  EXPECT_NEAR(middle.y, 40, 1e-3);
  for (const Vec3 point : {Vec3{1, 1, 0}, Vec3{-1, 0.5F, 2}}) {
    const Vec3 at = camera.project(point);
    const Vec3 towards = normalized(point - camera.eye);
    EXPECT_GT(dot(camera.ray(at.x, at.y), towards), 0.99999F);
  }
  // Up in the world is up in the picture; behind the eye is nowhere.
  EXPECT_LT(camera.project({0, 0, 2}).y, middle.y);
  EXPECT_LE(camera.project({6, -10, 7}).z, 0);
}

TEST(Renderer, SphereCoversTheAreaOfItsOutline) {
  World world = empty_world(200, 160);
  world.add(unit_sphere(), {world.plain({0.5F, 0.5F, 0.5F}), 0});
  const Rendering rendering = render(world, 200, 160);
  ASSERT_EQ(rendering.objects.size(), 1U);
  // A ball of radius 1 at distance 10 is seen at an angle of asin(1/10).
  const double radius = 2 * 160 * std::tan(std::asin(0.1));
  EXPECT_NEAR(static_cast<double>(rendering.objects[0].visible_pixels) / (kPi * radius * radius), 1,
              0.015);
  EXPECT_EQ(rendering.objects[0].visible_pixels, rendering.objects[0].full_pixels);
  EXPECT_NEAR(rendering.objects[0].visible.x1 - rendering.objects[0].visible.x0, 2 * radius, 2);
  EXPECT_NEAR(rendering.objects[0].nearness, 1.0 / 9, 0.002);
}

TEST(Renderer, NearerObjectsHideFartherOnes) {
  World world = empty_world(128, 128);
  const Material* grey = world.plain({0.5F, 0.5F, 0.5F});
  world.add(box_mesh({-1, 0, -1}, {1, 0.1F, 1}), {grey, 0});
  world.add(box_mesh({-1, -2, -1}, {0, -1.9F, 1}), {grey, 1});
  // What is not labelled hides too.
  world.add(box_mesh({0.5F, -3, -2}, {2, -2.9F, 2}), {grey, -1});
  const Rendering rendering = render(world, 128, 128);
  const ObjectPixels &far = rendering.objects[0], &near = rendering.objects[1];
  EXPECT_EQ(near.visible_pixels, near.full_pixels);
  // 25.6 px per unit at distance 10, 32 at 8, 36.6 at 7.
  EXPECT_NEAR(static_cast<double>(far.full_pixels), 51.2 * 51.2, 110);
  // The near box hides the left part up to x = 0, the other what is right of 0.5 * 36.6 px.
  EXPECT_NEAR(static_cast<double>(far.visible_pixels), 0.5 * 36.6 * 51.2, 80);
  for (int y = 0; y < 128; ++y) {
    for (int x = 0; x < 128; ++x) {
      const auto label = rendering.labels[static_cast<std::size_t>(y * 128 + x)];
      if (label == 2) {
        EXPECT_LE(x, 64);
      }
      if (label == 1) {
        EXPECT_GE(x, 63);
      }
    }
  }
}

TEST(Renderer, BacksOfClosedBodiesAreNotDrawnAndLeavesAreDrawnFromBothSides) {
  for (const bool two_sided : {false, true}) {
    World world = empty_world(64, 64);
    Mesh leaf;
    // Faces +y, away from the eye.
    for (const Vec3 corner : {Vec3{-1, 0, -1}, Vec3{-1, 0, 1}, Vec3{1, 0, 1}, Vec3{1, 0, -1}}) {
      leaf.vertices.push_back({corner, {0, 1, 0}, corner});
    }
    leaf.triangles = {{0, 1, 2}, {0, 2, 3}};
    world.add(leaf, {world.plain({0.5F, 0.5F, 0.5F}), 0, true, two_sided});
    const Rendering rendering = render(world, 64, 64);
    EXPECT_EQ(rendering.objects[0].visible_pixels > 0, two_sided);
  }
}

// A disc over a table keeps the light from the place below it, and only from there.
TEST(Renderer, ShadowsFallAwayFromTheLight) {
  World world = empty_world(128, 128);
  world.camera = Camera::looking({0, -6, 8}, {0, 0, 0}, 1, 128, 128);
  world.ground = world.plain({0.5F, 0.5F, 0.5F}, 1, 0);
  world.light.towards = normalized({1, 0, 1});
  world.light.key = {2, 2, 2};
  world.light.size = 0.02F;
  Mesh disc = lathe_mesh({{0.01F, 1}, {0.8F, 1}, {0.8F, 1.05F}, {0.01F, 1.05F}}, 24);
  world.add(disc, {world.plain({0.5F, 0.5F, 0.5F}), -1});
  const Rendering rendering = render(world, 128, 128);
  const auto light_at = [&](Vec3 place) {
    const Vec3 at = world.camera.project(place);
    return rendering
        .light[static_cast<std::size_t>(static_cast<int>(at.y) * 128 + static_cast<int>(at.x))]
        .x;
  };
  // The shadow is shifted by the height of the disc, to the left.
  const float shade = light_at({-1, -0.2F, 0}), sun = light_at({-3, -0.2F, 0});
  EXPECT_NEAR(sun, 0.5F * (0.3F + 2 * std::sqrt(0.5F)), 0.05F);
  EXPECT_NEAR(shade, 0.5F * 0.3F, 0.05F);
  EXPECT_NEAR(light_at({2.2F, 0, 0}), sun, 0.05F);
}

TEST(Renderer, CutoutsHaveNoSurroundings) {
  World world = empty_world(64, 64);
  world.add(unit_sphere(), {world.plain({0.5F, 0.5F, 0.5F}, 1, 0), 0});
  const Rendering rendering = render_cutout(world, 64, 64);
  int none = 0, part = 0, whole = 0;
  for (std::size_t i = 0; i < rendering.coverage.size(); ++i) {
    const int covered = rendering.coverage[i];
    none += covered == 0 ? 1 : 0;
    part += covered > 0 && covered < kSamples ? 1 : 0;
    whole += covered == kSamples ? 1 : 0;
    if (covered == 0) {
      EXPECT_EQ(rendering.light[i].x, 0);
    }
    if (covered > 0) {
      EXPECT_GT(rendering.light[i].x, 0.1F);
    }
  }
  EXPECT_GT(none, 3000);
  EXPECT_GT(part, 20);
  EXPECT_GT(whole, 400);
}

// Volume by the divergence theorem: positive only when every face looks outwards.
double volume(const Mesh& mesh) {
  double sum = 0;
  for (const auto& t : mesh.triangles) {
    const Vec3 a = mesh.vertices[t[0]].position, b = mesh.vertices[t[1]].position,
               c = mesh.vertices[t[2]].position;
    sum += dot(a, cross(b, c)) / 6.0;
  }
  return sum;
}

TEST(Meshes, FacesLookOutwards) {
  EXPECT_NEAR(volume(unit_sphere()), 4.0 / 3 * kPi, 0.05);
  EXPECT_NEAR(volume(box_mesh({-1, 0, 1}, {1, 3, 2})), 6, 1e-4);
  EXPECT_NEAR(volume(prism_mesh({{0, 0}, {2, 0}, {2, 1}, {1, 1}, {1, 2}, {0, 2}}, 1, 3)), 6, 1e-4);
  EXPECT_NEAR(volume(lathe_mesh({{0.001F, 0}, {1, 0}, {1, 2}, {0.001F, 2}}, 96)), 2 * kPi, 0.03);
  EXPECT_NEAR(volume(tube_mesh({{{0, 0, 0}, 0.5F}, {{0, 0, 1}, 0.5F}, {{0, 0, 4}, 0.5F}}, 64)), kPi,
              0.02);
}

TEST(Meshes, NormalsAreThoseOfTheSphere) {
  for (const Vertex& vertex : unit_sphere().vertices) {
    EXPECT_GT(dot(vertex.normal, vertex.texture), 0.98F);
  }
}

TEST(Meshes, TriangulationCoversConcavePolygons) {
  const std::vector<Point2> comb = {{0, 0}, {7, 0}, {7, 3}, {6, 3}, {6, 1}, {4, 1},
                                    {4, 4}, {3, 4}, {3, 1}, {1, 1}, {1, 3}, {0, 3}};
  double area = 0;
  const auto triangles = triangulate(comb);
  EXPECT_EQ(triangles.size(), comb.size() - 2);
  for (const auto& t : triangles) {
    const Point2 a = comb[t[0]], b = comb[t[1]], c = comb[t[2]];
    const double twice = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    EXPECT_GE(twice, 0);
    area += 0.5 * twice;
  }
  EXPECT_NEAR(area, 7 + 2 + 3 + 2, 1e-5);
}

TEST(Noise, IsCentredBoundedAndContinuous) {
  double sum2 = 0, sum3 = 0, squares = 0;
  float previous = noise2(-40.013F, 7.3F);
  for (int i = 0; i < 20000; ++i) {
    const float at = -40 + 0.01F * static_cast<float>(i);
    const float n2 = noise2(at, 7.3F), n3 = noise3({at, 0.37F * at, -1.3F * at});
    EXPECT_LE(std::abs(n2), 1.3F);
    EXPECT_LE(std::abs(n3), 1.2F);
    EXPECT_LT(std::abs(n2 - previous), 0.06F) << at;
    previous = n2;
    sum2 += n2;
    sum3 += n3;
    squares += static_cast<double>(n2) * n2;
  }
  EXPECT_NEAR(sum2 / 20000, 0, 0.12);
  EXPECT_NEAR(sum3 / 20000, 0, 0.12);
  EXPECT_GT(squares / 20000, 0.03);
  // Repeats after its period.
  EXPECT_NEAR(noise2(1.25F, 3.5F), noise2(1.25F + kNoisePeriod, 3.5F - kNoisePeriod), 1e-4);
}

Rendering flat(int side, float light) {
  Rendering rendering;
  rendering.width = rendering.height = side;
  rendering.light.assign(static_cast<std::size_t>(side * side), Rgb{light, light, light});
  return rendering;
}

TEST(Film, GivesMiddleGreyItsPlace) {
  Film film;
  film.brightness = film.expected = 0.18F;
  film.metering = 0;
  film.vignette = film.noise = film.blur = 0;
  const RgbImage image = develop(flat(32, 0.18F), film, 1);
  // sRGB of 0.18 is 117.6.
  for (const auto p : image.pixels) EXPECT_NEAR(p, 118, 1.5);
}

TEST(Film, NoiseHasTheStatedSpreadAndIsRepeatable) {
  Film film;
  film.brightness = film.expected = 0.18F;
  film.metering = film.vignette = film.blur = 0;
  film.noise = 0.03F;
  const RgbImage image = develop(flat(128, 0.18F), film, 5);
  double sum = 0, squares = 0;
  for (const auto p : image.pixels) {
    sum += p;
    squares += static_cast<double>(p) * p;
  }
  const auto count = static_cast<double>(image.pixels.size());
  const double sd = std::sqrt(squares / count - sum / count * (sum / count));
  EXPECT_NEAR(sd, 0.03 * 255, 0.5);
  EXPECT_EQ(develop(flat(128, 0.18F), film, 5).pixels, image.pixels);
  EXPECT_NE(develop(flat(128, 0.18F), film, 6).pixels, image.pixels);
}

TEST(Film, BlurWidensAPoint) {
  Film sharp;
  sharp.brightness = sharp.expected = 1;
  sharp.metering = sharp.vignette = sharp.noise = sharp.blur = 0;
  Film soft = sharp;
  soft.blur = 1.5F;
  Rendering point = flat(33, 0);
  point.light[16 * 33 + 16] = {0.5F, 0.5F, 0.5F};
  const auto lit = [](const RgbImage& image) {
    int count = 0;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) count += image.pixels[i] > 8 ? 1 : 0;
    return count;
  };
  EXPECT_EQ(lit(develop(Rendering(point), sharp, 1)), 1);
  const int widened = lit(develop(Rendering(point), soft, 1));
  EXPECT_GT(widened, 20);
  EXPECT_LT(widened, 80);
}

}  // namespace
}  // namespace ersatz::data::scenes
