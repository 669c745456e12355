// The cloth of a garment: weave, pattern, folds, and edges that are round as cloth is thick.
#pragma once

#include <string>
#include <vector>

#include "data/scenes/render/material.h"
#include "data/scenes/render/mesh.h"

namespace ersatz::data::scenes {

// How high a garment lies above the floor, on a grid over it: the blurred shape of its pieces.
class HeightField {
 public:
  // `round`: cm over which the height falls towards an edge.
  HeightField(const std::vector<const std::vector<Point2>*>& outlines, float round);
  struct Slope {
    float dx, dy;
  };
  Slope slope_at(float x, float y) const;  // cm per cm, for a thickness of 1

 private:
  static constexpr int kSide = 72;
  float left_ = 0, bottom_ = 0, cell_ = 1;
  std::vector<float> heights_;
};

class Fabric final : public Material {
 public:
  struct Look {
    Rgb colour, second;
    std::string pattern = "plain";  // plain, striped, checked, dotted
    float period = 4;               // cm, of the pattern
    float folds = 0.5F, upright_folds = 0;
    float thickness = 1.2F;  // cm
    bool quilted = false;
    bool knit = false;  // wool rather than woven
    float gloss = 0;
    Vec3 offset;
  };
  // `heights` must outlive the material.
  Fabric(const Look& look, const HeightField* heights) : look_(look), heights_(heights) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override;

 private:
  Rgb patterned(float x, float y, float footprint) const;

  Look look_;
  const HeightField* heights_;
};

}  // namespace ersatz::data::scenes
