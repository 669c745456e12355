// Blurring and sharpening of an image of linear light.
#pragma once

#include <vector>

#include "data/scenes/render/recycled.h"
#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

// Half of a symmetric kernel, from the middle outwards; the whole has sum 1.
using Kernel = std::vector<float>;

// Of standard deviation `sd` px; a single 1 for less than 0.15 px.
Kernel gaussian(float sd);

// Blurs by `sd` and then adds `strength` times what a wider blur takes away (unsharp masking).
Kernel sharpened_gaussian(float sd, float strength);

// Along rows and columns of [height, width]; edges are continued.
void convolve(Recycled<Rgb>& light, int width, int height, const Kernel& kernel);

}  // namespace ersatz::data::scenes
