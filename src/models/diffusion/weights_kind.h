// What a weight file is, by the names and shapes of its tensors.
#pragma once

#include <string>

#include "models/weights/weights.h"

namespace ersatz::models {

// "SD 1.x UNet (diffusers)", "single-file SD 2.x", "single-file SD 1.x, inpainting",
// "AutoencoderKL (diffusers)", "CLIP text encoder", "LoRA (kohya)", "textual inversion", "TAESD",
// "Ersatz digit-classifier", ... or "unknown tensors".
std::string weights_kind(const Weights& weights);

}  // namespace ersatz::models
