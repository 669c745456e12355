// Roads and what stands along them: a city, a residential area, the country. Metres.
#pragma once

#include <string>

#include "core/philox.h"
#include "data/scenes/outdoor/sky.h"
#include "data/scenes/render/world.h"

namespace ersatz::data::scenes {

struct StreetPlan {
  std::string place = "city";  // city, residential area, rural road
  std::string weather = "good";
  bool night = false;
  bool muted = false;      // no reds and browns
  float centre = 1.8F;     // x of the middle of the road, which runs along y
  float half_road = 5.4F;  // the carriageway's half width
  float walk = 3.2F;       // width of pavement or verge
};

StreetPlan plan_street(const std::string& place, const std::string& weather, bool night,
                       bool traffic_towards_viewer);

Horizon street_horizon(const std::string& place);

// The road as the world's ground, and buildings, houses, trees and lamps on both sides, except
// where they would stand between `eye` and `subject` or around the eye.
void add_street(World& world, const StreetPlan& plan, Vec3 eye, Vec3 subject, core::Stream& random);

}  // namespace ersatz::data::scenes
