// One garment laid out on a floor, a bed or a white board, seen from above.
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "data/scenes/garment/fabric.h"
#include "data/scenes/garment/garment_shape.h"
#include "data/scenes/painting.h"
#include "data/scenes/photographer.h"
#include "data/scenes/room.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

Rgb cloth_colour(const std::string& name, core::Stream& random) {
  const float v = random.uniform(-1, 1);
  if (name == "red") return hsv(0.99F + 0.012F * v, 0.82F, random.uniform(0.6F, 0.82F));
  if (name == "blue") return hsv(0.61F + 0.03F * v, 0.68F, random.uniform(0.38F, 0.75F));
  if (name == "green") return hsv(0.37F + 0.06F * v, 0.55F, random.uniform(0.35F, 0.6F));
  if (name == "yellow") return hsv(0.135F + 0.012F * v, 0.75F, random.uniform(0.85F, 0.97F));
  if (name == "pink") return hsv(0.94F + 0.025F * v, 0.4F, random.uniform(0.85F, 0.96F));
  if (name == "brown") return hsv(0.075F + 0.015F * v, 0.55F, random.uniform(0.36F, 0.52F));
  if (name == "grey") return hsv(0.6F, 0.04F, random.uniform(0.45F, 0.62F));
  if (name == "white") return hsv(0.1F, 0.03F, random.uniform(0.9F, 0.97F));
  if (name == "black") return hsv(0.6F, 0.08F, random.uniform(0.1F, 0.17F));
  throw core::Error::internal("no such colour of cloth: " + name);
}

// A colour for patterns and trims that stands out from the first and does not compete with it.
Rgb contrasting(Rgb colour, core::Stream& random) {
  if (luminance(colour) > 0.3F) return srgb(random.below(2) == 0 ? 0x23262E : 0x2C3856);
  return srgb(random.below(3) == 0 ? 0xB9B6B0 : 0xECE9E3);
}

const Material* make_floor(World& world, const std::string& background, core::Stream& random) {
  const Vec3 offset = random_offset(random);
  const float vary = random.uniform(0.88F, 1.1F);
  if (background == "wooden floor") return make_surface(world, "wooden table", random);
  if (background == "white background") {
    return world.make<SpeckledSurface>(srgb(0xEDEDEB), 0.0F, 0.9F, offset);
  }
  if (background == "carpet") {
    const Rgb pile =
        hsv(random.uniform(0.05F, 0.7F), random.uniform(0.05F, 0.28F), random.uniform(0.35F, 0.6F));
    return world.make<SpeckledSurface>(pile * vary, 0.5F, 1, offset);
  }
  ClothSurface::Look look;
  look.colour =
      hsv(random.uniform(0.05F, 0.65F), random.uniform(0.02F, 0.14F), random.uniform(0.72F, 0.9F));
  look.folds = 0.55F;
  look.offset = offset;
  return world.make<ClothSurface>(look);
}

}  // namespace

void paint_garment(const PaintJob& job, Painting& painting) {
  World& world = painting.world;
  const std::string& garment = job.attribute("garment");
  core::Stream shape_random = job.stream("shape");
  const GarmentShape shape = make_garment(garment, shape_random);

  core::Stream cloth_random = job.stream("cloth");
  Fabric::Look look;
  look.colour = cloth_colour(job.attribute("colour"), cloth_random);
  look.second = contrasting(look.colour, cloth_random);
  look.pattern = job.attribute("pattern");
  const bool small = garment == "hat" || garment == "shoes";
  look.period = cloth_random.uniform(5, 9) * (small ? 0.45F : 1.0F);
  look.folds = job.between(cloth_random.uniform(0.15F, 0.5F), cloth_random.uniform(0.5F, 1.1F)) *
               (small ? 0.3F : 1.0F);
  look.upright_folds = shape.upright_folds;
  look.thickness = shape.thickness;
  look.quilted = shape.quilted;
  look.knit = garment == "hat" || (garment == "longsleeve" && cloth_random.below(2) == 0);
  look.gloss = garment == "shoes" ? cloth_random.uniform(0.2F, 0.8F) : (shape.quilted ? 0.5F : 0);
  look.offset = random_offset(cloth_random);

  std::vector<const std::vector<Point2>*> outlines;
  for (const GarmentPiece& piece : shape.pieces) {
    if (piece.cloth != Cloth::kSeam) outlines.push_back(&piece.outline);
  }
  const auto* heights = world.make<HeightField>(outlines, 2.2F * shape.thickness);
  const Material* main = world.make<Fabric>(look, heights);
  Fabric::Look second = look;
  second.pattern = "plain";
  second.colour = look.pattern == "plain" ? look.colour * 0.55F + look.second * 0.12F : look.second;
  if (small) second.colour = look.second;
  second.quilted = false;
  const Material* trim = world.make<Fabric>(second, heights);
  Fabric::Look inside = look;
  inside.pattern = "plain";
  inside.colour = look.colour * 0.35F;
  inside.quilted = false;
  const Material* lining = world.make<Fabric>(inside, heights);
  const Material* seam =
      world.plain(look.colour * (luminance(look.colour) > 0.05F ? 0.55F : 2.2F), 0.9F, 0.01F);
  const Material* button =
      world.plain(luminance(look.colour) > 0.3F ? srgb(0x6A5A48) : srgb(0xD8D2C4), 0.3F, 0.06F);
  const Material* sole =
      world.plain(cloth_random.below(3) == 0 ? srgb(0x2A2826) : srgb(0xDDDAD2), 0.7F, 0.03F);

  core::Stream place_random = job.stream("place");
  // A web shop lays its goods straight; a person does not.
  const float turn = job.between(0.04F, 0.5F) * place_random.normal();
  const Mat3 pose = rotation({0, 0, 1}, turn);
  std::vector<Ball> subject;
  for (const GarmentPiece& piece : shape.pieces) {
    Mesh mesh;
    for (const Point2 p : piece.outline) {
      mesh.vertices.push_back({{p.x, p.y, 0.9F + 0.5F * piece.level}, {0, 0, 1}, {p.x, p.y, 0}});
    }
    mesh.triangles = triangulate(piece.outline);
    mesh.transform(pose, {});
    const Material* material = main;
    if (piece.cloth == Cloth::kSecond) material = trim;
    if (piece.cloth == Cloth::kInside) material = lining;
    if (piece.cloth == Cloth::kSeam) material = seam;
    if (piece.cloth == Cloth::kButton) material = button;
    if (piece.cloth == Cloth::kSole) material = sole;
    if (piece.cloth != Cloth::kSeam) {
      for (std::size_t i = 0; i < mesh.vertices.size(); i += 4)
        subject.push_back({mesh.vertices[i].position, 0.5F});
    }
    world.add(mesh, {material, 0, piece.cloth != Cloth::kSeam, true});
  }
  painting.names.push_back(garment);

  core::Stream camera_random = job.stream("camera");
  Framing framing;
  framing.elevation = job.between(1.55F, camera_random.uniform(1.0F, 1.45F));
  framing.focal = job.between(2.4F, camera_random.uniform(1.1F, 1.6F));
  framing.fill =
      job.between(camera_random.uniform(0.8F, 0.92F), camera_random.uniform(0.5F, 0.85F));
  framing.shift_x = job.between(0.15F, 1) * camera_random.uniform(-1, 1);
  framing.shift_y = job.between(0.15F, 1) * camera_random.uniform(-1, 1);
  world.camera = frame(subject, framing, job.width, job.height);

  core::Stream floor_random = job.stream("floor");
  world.ground = make_floor(world, job.attribute("background"), floor_random);
  core::Stream light_random = job.stream("light");
  light_room(world, job.domain, light_random);
  // Low light: folds and edges live from it.
  Vec3 towards = world.light.towards;
  towards.z *= job.between(0.62F, 0.75F);
  world.light.towards = normalized(towards);
  core::Stream film_random = job.stream("film");
  painting.film = choose_film(job, film_random);
}

}  // namespace ersatz::data::scenes
