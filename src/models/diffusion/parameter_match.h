// Brings the tensors of weight files and the parameters of networks together: every parameter must
// be filled and every tensor used.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "models/diffusion/key_map.h"
#include "models/diffusion/stored_network.h"
#include "models/diffusion/weight_placement.h"
#include "models/weights/weights.h"

namespace ersatz::models {

class ParameterMatch {
 public:
  // `weights` must outlive the match.
  explicit ParameterMatch(const Weights& weights);

  // Finds the parameters of `network` under their keys; what does not fit is remembered.
  void add(StoredNetwork& network, const KeyMap& keys);

  // A tensor that may be left over.
  void ignore(const std::string& key) { left_.erase(key); }
  // Tensors nobody used so far.
  const std::set<std::string>& left_over() const { return left_; }

  // Error::untrusted listing missing, left-over and wrongly shaped names (the first ten of each and
  // their number) unless everything fits.
  void check() const;

  // Gives the parameters their values, and their networks the views of the file among them. `norms`
  // is where tensors with one dimension (norms, biases) are kept. Error::untrusted naming the
  // tensor when a weight is NaN or infinite, or becomes so in the smaller type.
  void fill(const WeightPlacement& weights, const WeightPlacement& norms);

 private:
  struct Assignment {
    StoredNetwork* network;
    std::string key;
    torch::Tensor parameter, stored;
  };

  const Weights& weights_;
  std::set<std::string> left_;
  std::vector<Assignment> assignments_;
  std::vector<std::string> missing_, misshapen_;
};

std::vector<std::string> parameter_names(const torch::nn::Module& module);

}  // namespace ersatz::models
