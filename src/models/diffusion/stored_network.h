// A network whose weights come from a file and need not be in memory while other networks work.
//
// Generating a picture takes three networks one after the other. Weights that are used as they are
// stored are views of the mapped file: setting them aside gives their pages back. Weights that are
// kept in another type than the file's (LoadOptions::on_demand) are converted when the network is
// first used, into one block of memory that goes back to the system as a whole; converting SD 1.5's
// UNet again takes about a second.
#pragma once

#include <c10/core/ScalarType.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <vector>

namespace ersatz::models {

struct StoredWeight {
  torch::Tensor parameter;
  torch::Tensor stored;             // a view of the mapped file, in the shape of the parameter
  c10::ScalarType type;             // that the parameter is kept in while it is in memory
  const void* converted = nullptr;  // where the parameter is when it was converted
};

class StoredNetwork : public torch::nn::Module {
 public:
  // Parameters that are views of a file from now on (the network need not be complete: others keep
  // memory of their own).
  void keep_in_file(std::vector<StoredWeight> weights);

  // Gives every such parameter its type. The networks do this themselves when they are called.
  void bring_in() const;

  // Gives back the memory of these parameters; they become views of the file, in the file's type.
  // Parameters that were given other data meanwhile (a merged LoRA) stay. Not while the network
  // computes.
  void set_aside() const;

 private:
  void forget_converted() const;

  // What the network computes does not change with where its weights are.
  mutable std::vector<StoredWeight> weights_;
  mutable bool aside_ = false;
};

}  // namespace ersatz::models
