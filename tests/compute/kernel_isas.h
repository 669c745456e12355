// The instruction sets whose kernels this processor can run.
#pragma once

#include <string>
#include <vector>

#include "compute/vector_isa.h"

namespace ersatz::compute {

inline std::vector<VectorIsa> usable_isas() {
  std::vector<VectorIsa> isas = {VectorIsa::kBaseline};
  if (vector_isa() != VectorIsa::kBaseline) isas.push_back(VectorIsa::kAvx2);
  if (vector_isa() == VectorIsa::kAvx512) isas.push_back(VectorIsa::kAvx512);
  return isas;
}

inline std::string isa_name(VectorIsa isa) {
  return isa == VectorIsa::kAvx512 ? "avx512" : isa == VectorIsa::kAvx2 ? "avx2" : "baseline";
}

}  // namespace ersatz::compute
