// What fruit scenes and cut-outs draw alike, by domain.
#pragma once

#include "core/philox.h"
#include "data/scenes/fruit/fruit_model.h"
#include "data/scenes/painting.h"
#include "data/scenes/photographer.h"

namespace ersatz::data::scenes {

// Web shops show perfect fruit with the stem up; a camera finds it as it lies.
FruitVariety choose_variety(const PaintJob& job, core::Stream& random);

// Where the camera stands for a view from the top or from the side.
Framing choose_fruit_framing(const PaintJob& job, bool top, core::Stream& random);

}  // namespace ersatz::data::scenes
