// The text of fused_layers.cu, embedded by CMake.
#pragma once

namespace ersatz::compute::cuda {

extern const char* const kFusedLayersSource;

}  // namespace ersatz::compute::cuda
