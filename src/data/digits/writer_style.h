// What makes one writer's digits differ from another's.
#pragma once

#include "core/philox.h"

namespace ersatz::data {

// Lengths are in units of the digit's height.
struct WriterStyle {
  float slant;             // horizontal shift per height; > 0 leans right
  float rotation;          // radians, counter-clockwise
  float aspect;            // factor on the width
  float balance;           // exponent on y: < 1 makes the upper half larger
  float bend;              // sideways bow of the whole digit
  float corner_roundness;  // share of the neighbouring line that a corner is rounded over, 0..0.5
  float shape_jitter;      // sd of the control points
  float end_jitter;        // additional sd of the first and last point of a stroke
  float tremor;            // sd of the fine wobble along the path
  float pen_radius;        // half the line width
  float pressure_swing;    // relative change of the radius along a stroke
  float pressure_phase;    // radians
  float nib_contrast;      // relative change of the radius with the direction of the line
  float nib_angle;         // radians
};

WriterStyle draw_writer_style(core::Stream& random);

}  // namespace ersatz::data
