// The parameters of a network as they are written to files.
#pragma once

#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/stored_network.h"
#include "models/safetensors.h"

namespace ersatz::models {

// On the CPU, all in options.type or, without one, in their own types (options.own_types) or in the
// type of the network's matrices.
// Brings the network in. Error::usage naming a weight that is too large for it.
NamedTensors saved_parameters(const StoredNetwork& module, const SaveOptions& options);

}  // namespace ersatz::models
