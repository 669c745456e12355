// The only names a weight file may mention.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/safetensors_header.h"

namespace ersatz::models {

enum class PickleGlobal {
  kOrderedDict,
  kSet,
  kRebuildTensor,     // torch._utils._rebuild_tensor_v2
  kRebuildParameter,  // torch._utils._rebuild_parameter
  kSize,              // torch.Size
  kTypeTag,           // torch.jit._pickle.restore_type_tag, by which libtorch (C++) marks types
  kStorage,           // torch.FloatStorage and its like
  kParameterDict,     // torch.nn's, in textual-inversion files of the original implementation
  // Stands beside the weights in published Stable Diffusion checkpoints (numpy scalars in training
  // statistics, a callback's class as a dictionary key). Its name is kept, its content dropped.
  kInert
};

struct KnownGlobal {
  PickleGlobal global = PickleGlobal::kInert;
  StoredType type = StoredType::kF32;  // of a storage
  std::string_view name;               // "torch.FloatStorage"; never dangles
};

// Nothing when `module`.`name` is not on the list.
std::optional<KnownGlobal> find_pickle_global(std::string_view module, std::string_view name);

}  // namespace ersatz::models
