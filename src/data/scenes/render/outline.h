// Curves from a few points.
#pragma once

#include <vector>

#include "data/scenes/render/mesh.h"

namespace ersatz::data::scenes {

struct OutlinePoint {
  float x, y;
  bool corner = false;  // the outline bends sharply here
};

// A smooth open curve through the points (centripetal in spirit: Catmull-Rom with `steps` pieces
// per span, broken at corners).
std::vector<Point2> curve(const std::vector<OutlinePoint>& points, int steps = 4);

// The curve closed by its mirror image at x = 0; the points run from the top middle over the right
// side to the bottom middle. Counter-clockwise.
std::vector<Point2> mirrored_outline(const std::vector<OutlinePoint>& right_half, int steps = 4);

// The points as a closed smooth outline, made counter-clockwise.
std::vector<Point2> closed_outline(std::vector<OutlinePoint> points, int steps = 4);

// A band of constant width along a curve.
std::vector<Point2> band(const std::vector<Point2>& along, float width);

std::vector<Point2> ellipse(Point2 centre, float radius_x, float radius_y, int corners = 12);
std::vector<Point2> rectangle(Point2 low, Point2 high);

std::vector<Point2> mirrored(std::vector<Point2> outline);  // at x = 0, still counter-clockwise

}  // namespace ersatz::data::scenes
