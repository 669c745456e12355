// The outside of a vehicle: paint with everything that is set into it, glass, tyres.
#pragma once

#include "data/scenes/car/vehicle.h"
#include "data/scenes/render/material.h"

namespace ersatz::data::scenes {

// The body below the windows (for a bus all of it), evaluated at the position on the vehicle.
class BodyPaint final : public Material {
 public:
  BodyPaint(const VehicleShape& shape, const VehicleLook& look) : shape_(shape), look_(look) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  void paint_side(Vec3 p, float footprint, SurfaceLook& look) const;
  void paint_front(Vec3 p, float footprint, SurfaceLook& look) const;
  void paint_rear(Vec3 p, float footprint, SurfaceLook& look) const;
  void paint_bus(Vec3 p, Vec3 normal, float footprint, SurfaceLook& look) const;

  VehicleShape shape_;
  VehicleLook look_;
};

// The part above the belt: at (position between rear and front 0..1, position across -1..1, height
// between belt and roof 0..1).
class GreenhousePaint final : public Material {
 public:
  GreenhousePaint(const VehicleShape& shape, const VehicleLook& look);
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  VehicleShape shape_;
  VehicleLook look_;
};

// Tyre and rim, evaluated in the wheel's own frame: y is the axle.
class WheelPaint final : public Material {
 public:
  WheelPaint(float radius, int spokes, Rgb rim) : radius_(radius), spokes_(spokes), rim_(rim) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  float radius_;
  int spokes_;
  Rgb rim_;
};

}  // namespace ersatz::data::scenes
