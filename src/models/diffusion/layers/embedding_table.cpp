#include "models/diffusion/layers/embedding_table.h"

#include <torch/types.h>

namespace ersatz::models {

EmbeddingTable::EmbeddingTable(std::int64_t count, std::int64_t channels)
    : weight_(register_parameter("weight", torch::empty({count, channels}), false)) {}

torch::Tensor EmbeddingTable::rows(const torch::Tensor& ids,
                                   std::optional<c10::ScalarType> type) const {
  const torch::Tensor rows = torch::embedding(weight_, ids.to(weight_.device()));
  return type ? rows.to(*type) : rows;
}

}  // namespace ersatz::models
