// The open sky by time of day, clouds and weather, and what stands on the horizon.
#pragma once

#include <string>

#include "core/philox.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

enum class Horizon { kPlain, kHills, kTrees, kTowers };

class Sky final : public Environment {
 public:
  struct Look {
    Rgb zenith, horizon, ground;
    Vec3 sun{0, 0, 1};
    Rgb glow;          // round the sun, towards the horizon
    Rgb disc;          // the sun itself; black when it is hidden
    float clouds = 0;  // 0 none, 0.6 heaps with gaps, 1 a closed layer
    Rgb cloud_light, cloud_shade;
    float stars = 0;
    Horizon skyline = Horizon::kPlain;
    Rgb skyline_colour;     // already seen through the haze
    float lit_windows = 0;  // share, of towers
    Vec3 offset;
  };
  explicit Sky(const Look& look) : look_(look) {}
  Rgb backdrop(Vec3 direction, float pixel) const override;
  Rgb reflection(Vec3 direction, float roughness) const override;

 private:
  Rgb air(Vec3 direction) const;
  Rgb over_skyline(Rgb sky, Vec3 direction, float pixel) const;

  Look look_;
};

struct OutdoorLight {
  std::string time = "day";      // sunrise, day, noon, sunset, night
  std::string sky = "clear";     // clear, cloudy
  std::string weather = "good";  // good, sunny, overcast, raining, flood rain, snowing, foggy,
                                 // foggy smoke
  Horizon horizon = Horizon::kPlain;
  float distance = 10;  // from the eye to the subject, m
  float heading = 0;    // radians: the direction in which the camera looks, 0 along +y
};

// Sets light, fog and environment of the world. The sun rises on the left of the picture and sets
// on the right.
void light_outdoors(World& world, const OutdoorLight& outdoor, core::Stream& random);

}  // namespace ersatz::data::scenes
