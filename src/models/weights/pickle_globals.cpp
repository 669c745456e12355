#include "models/weights/pickle_globals.h"

#include <algorithm>
#include <array>

namespace ersatz::models {

namespace {

constexpr KnownGlobal known(PickleGlobal global, std::string_view name) {
  return {global, StoredType::kF32, name};
}

constexpr KnownGlobal storage(StoredType type, std::string_view name) {
  return {PickleGlobal::kStorage, type, name};
}

constexpr std::array<KnownGlobal, 30> kGlobals = {
    {known(PickleGlobal::kOrderedDict, "collections.OrderedDict"),
     known(PickleGlobal::kRebuildTensor, "torch._utils._rebuild_tensor_v2"),
     known(PickleGlobal::kRebuildParameter, "torch._utils._rebuild_parameter"),
     known(PickleGlobal::kSize, "torch.Size"),
     known(PickleGlobal::kTypeTag, "torch.jit._pickle.restore_type_tag"),
     storage(StoredType::kF64, "torch.DoubleStorage"),
     storage(StoredType::kF32, "torch.FloatStorage"),
     storage(StoredType::kF16, "torch.HalfStorage"),
     storage(StoredType::kBF16, "torch.BFloat16Storage"),
     storage(StoredType::kI64, "torch.LongStorage"),
     storage(StoredType::kI32, "torch.IntStorage"),
     storage(StoredType::kI16, "torch.ShortStorage"),
     storage(StoredType::kI8, "torch.CharStorage"),
     storage(StoredType::kU8, "torch.ByteStorage"),
     storage(StoredType::kBool, "torch.BoolStorage"),
     known(PickleGlobal::kParameterDict, "torch.nn.modules.container.ParameterDict"),
     known(PickleGlobal::kSet, "__builtin__.set"),
     known(PickleGlobal::kSet, "builtins.set"),
     known(PickleGlobal::kInert, "torch.float64"),
     known(PickleGlobal::kInert, "torch.float32"),
     known(PickleGlobal::kInert, "torch.float16"),
     known(PickleGlobal::kInert, "torch.bfloat16"),
     known(PickleGlobal::kInert, "torch.int64"),
     known(PickleGlobal::kInert, "numpy.core.multiarray.scalar"),
     known(PickleGlobal::kInert, "numpy._core.multiarray.scalar"),
     known(PickleGlobal::kInert, "numpy.dtype"),
     known(PickleGlobal::kInert, "_codecs.encode"),
     known(PickleGlobal::kInert, "pytorch_lightning.callbacks.ModelCheckpoint"),
     known(PickleGlobal::kInert, "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint"),
     known(PickleGlobal::kInert, "pytorch_lightning.callbacks.early_stopping.EarlyStopping")}};

}  // namespace

std::optional<KnownGlobal> find_pickle_global(std::string_view module, std::string_view name) {
  // A dot in the name would let module and name be split elsewhere than in the list.
  if (name.find('.') != std::string_view::npos) return std::nullopt;
  const auto* found = std::find_if(kGlobals.begin(), kGlobals.end(), [&](const KnownGlobal& entry) {
    return entry.name.size() == module.size() + 1 + name.size() &&
           entry.name.substr(0, module.size()) == module && entry.name[module.size()] == '.' &&
           entry.name.substr(module.size() + 1) == name;
  });
  if (found == kGlobals.end()) return std::nullopt;
  return *found;
}

}  // namespace ersatz::models
