// A network where it is to be trained.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

namespace ersatz::train {

// Moves a network before its optimiser takes hold of the parameters; in training mode.
template <typename Network>
Network on_device(Network network, const c10::Device& device) {
  network.to(device);
  network.train();
  return network;
}

}  // namespace ersatz::train
