// The shapes of the published Stable Diffusion models, and of small relatives for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "models/diffusion/autoencoder_config.h"
#include "models/diffusion/clip_text_config.h"
#include "models/diffusion/unet_config.h"

namespace ersatz::models {

struct Architecture {
  UNetConfig unet;
  ClipTextConfig text;
  AutoencoderConfig autoencoder;
  core::Json scheduler;  // scheduler_config.json
};

// "sd15", "sd15-inpaint", "sd21" (768 pixels, v-prediction), "sd21-base" (512 pixels), and with a
// few million parameters and a vocabulary of 514: "tiny" (two levels, 2 pixels per latent),
// "tiny-inpaint", "mini" (four levels as SD 1.5, 8 pixels per latent) and "mini-sd2" (four levels
// as SD 2.1). Error::unknown otherwise.
Architecture architecture(std::string_view name);
const std::vector<std::string>& architecture_names();

// The scheduler settings published with Stable Diffusion: PNDM for the models that predict the
// noise ("epsilon"), DDIM for those that predict the velocity ("v_prediction").
core::Json standard_scheduler(const std::string& prediction);
// The same noise schedule, solved by DPM-Solver++ (2M) (Lu et al. 2022b): with strong guidance and
// few steps PNDM's extrapolation of the noise is unstable, that of the clean image is not.
core::Json multistep_scheduler(const std::string& prediction);

// Error::usage unless it is "epsilon" or "v_prediction".
void check_prediction(const std::string& prediction);

}  // namespace ersatz::models
