// Rain and snow in the air, between the scene and the lens.
#pragma once

#include "core/philox.h"
#include "data/scenes/render/renderer.h"

namespace ersatz::data::scenes {

// `amount`: 1 is steady rain or snowfall. Lightens what is there; labels stay as they are.
void add_rain(Rendering& rendering, float amount, Rgb colour, core::Stream& random);
void add_snowfall(Rendering& rendering, float amount, Rgb colour, core::Stream& random);

}  // namespace ersatz::data::scenes
