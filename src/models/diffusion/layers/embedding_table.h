// A learned vector for each of a number of things: parameter "weight" [count, channels].
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>

namespace ersatz::models {

class EmbeddingTable : public torch::nn::Module {
 public:
  // Allocated but not initialised.
  EmbeddingTable(std::int64_t count, std::int64_t channels);

  // Rows for ids of any shape, [..., channels], on the table's device and as `type` if given.
  torch::Tensor rows(const torch::Tensor& ids, std::optional<c10::ScalarType> type) const;
  const torch::Tensor& table() const { return weight_; }

 private:
  torch::Tensor weight_;
};

}  // namespace ersatz::models
