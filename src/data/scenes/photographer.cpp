#include "data/scenes/photographer.h"

#include <algorithm>

namespace ersatz::data::scenes {

Camera frame(const std::vector<Ball>& subject, const Framing& framing, int width, int height) {
  const Vec3 towards_eye{-std::cos(framing.elevation) * std::sin(framing.azimuth),
                         -std::cos(framing.elevation) * std::cos(framing.azimuth),
                         std::sin(framing.elevation)};
  Vec3 target;
  float extent = 1e-3F;
  for (const Ball& ball : subject) target += ball.centre / static_cast<float>(subject.size());
  for (const Ball& ball : subject) {
    extent = std::max(extent, length(ball.centre - target) + ball.radius);
  }
  float distance = 2.2F * framing.focal * extent / framing.fill;
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  Camera camera;
  float left = 0, right = 0, top = 0, bottom = 0;
  // Distance and aim depend on each other through perspective; a few rounds settle both.
  for (int round = 0; round < 5; ++round) {
    camera = Camera::looking(target + towards_eye * distance, target, framing.focal, width, height);
    left = top = 1e9F;
    right = bottom = -1e9F;
    for (const Ball& ball : subject) {
      const Vec3 at = camera.project(ball.centre);
      const float radius = 1.04F * camera.focal * ball.radius * at.z;
      left = std::min(left, at.x - radius);
      right = std::max(right, at.x + radius);
      top = std::min(top, at.y - radius);
      bottom = std::max(bottom, at.y + radius);
    }
    const float needed = std::max((right - left) / w, (bottom - top) / h) / framing.fill;
    const float per_pixel = distance / camera.focal;
    target += camera.right * ((0.5F * (left + right) - camera.centre_x) * per_pixel);
    target += camera.down * ((0.5F * (top + bottom) - camera.centre_y) * per_pixel);
    distance = std::max(distance * needed, 1.3F * extent);
  }
  const float free_x = std::max(0.0F, 0.5F * (w - (right - left)) - 0.02F * w);
  const float free_y = std::max(0.0F, 0.5F * (h - (bottom - top)) - 0.02F * h);
  camera.centre_x += free_x * framing.shift_x;
  camera.centre_y += free_y * framing.shift_y;
  return camera;
}

Film choose_film(const PaintJob& job, core::Stream& random) {
  const auto draw = [&](float web_low, float web_high, float camera_low, float camera_high) {
    const float at = random.uniform();
    return job.between(lerp(web_low, web_high, at), lerp(camera_low, camera_high, at));
  };
  // Blur and noise belong to the sensor: a larger picture of the same scene shows them larger.
  const float scale = std::max(0.6F, job.smaller_side() / 128);
  Film film;
  film.brightness = draw(0.2F, 0.29F, 0.1F, 0.2F);
  film.blur = scale * draw(0.3F, 0.5F, 0.6F, 1.1F);
  film.vignette = draw(0.0F, 0.15F, 0.15F, 0.45F);
  film.contrast = draw(1.05F, 1.2F, 0.82F, 1.0F);
  film.saturation = draw(1.05F, 1.25F, 0.68F, 0.92F);
  film.veil = draw(0, 0.004F, 0.005F, 0.03F);
  film.noise = draw(0.004F, 0.01F, 0.015F, 0.033F);
  film.sharpening = draw(0.25F, 0.5F, 0, 0.1F);
  film.bloom = draw(0.02F, 0.05F, 0.03F, 0.12F);
  const float cast = draw(-0.03F, 0.05F, 0.08F, 0.24F), green = draw(-0.01F, 0.01F, 0.0F, 0.06F);
  film.white_balance = {1 + cast, 1 + green, 1 - cast};
  return film;
}

}  // namespace ersatz::data::scenes
