// What a single-file checkpoint is, found by the names and shapes of its tensors: such files carry
// no configuration.
#pragma once

#include <map>
#include <string>

#include "models/diffusion/architecture.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/weights/weights.h"

namespace ersatz::models {

// Whether these are the names of a whole Stable Diffusion model in one file.
bool is_single_file(const NamedTensors& tensors);

// Whether the text encoder is OpenCLIP's (SD 2.x).
bool has_open_clip(const NamedTensors& tensors);

// Channels, levels, layers, widths and vocabulary are read off the shapes. Numbers of heads cannot
// be: as in the published models the UNet has 8 of them (SD 1.x), or one per 64 channels (SD 2.x,
// known by its linear projections); CLIP one per 64. Groups of norms are 32. `scheduler` stays
// empty. Error::untrusted naming the tensor that is not there or makes no sense.
UNetConfig infer_unet(const Weights& weights);
AutoencoderConfig infer_autoencoder(const Weights& weights);
ClipTextConfig infer_clip_text(const Weights& weights);

// "epsilon" or "v_prediction": v_prediction where the file's metadata says so (the key
// modelspec.predict_key of Stability AI's model metadata). SD 2.x files without it are taken for
// the 512-pixel base model, with a warning.
std::string infer_prediction(const Weights& weights);

// All of it, for the networks that `options` wants (the UNet always: it tells what kind of file
// this is). Files that are not like the published models carry their configurations as metadata,
// which then hold instead of the shapes.
Architecture infer_architecture(const Weights& weights, const LoadOptions& options);

// The metadata that a file of these `weights` (under single-file names, with the metadata that it
// will have) needs so that infer_architecture gives `architecture`; empty when their names and
// shapes say it all, as those of the published models do.
std::map<std::string, std::string> configuration_metadata(const Weights& weights,
                                                          const Architecture& architecture);

}  // namespace ersatz::models
