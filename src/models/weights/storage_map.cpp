#include "models/weights/storage_map.h"

#include <fmt/format.h>

#include "core/error.h"
#include "models/weights/pickle_tree.h"
#include "models/weights/untrusted_text.h"

namespace ersatz::models {

namespace {

using core::Error;

// Tied weights are written once and named twice. Thousands of names for one storage are not tied
// weights: they are an attack on whoever copies the tensors.
constexpr std::uint64_t kMostSharing = 4;

}  // namespace

TorchFile resolve_tensors(const Pickle& pickle, const StorageMap& storages,
                          std::uint64_t file_bytes, const std::filesystem::path& file) {
  FlatPickle flat = flatten_pickle(pickle, file);
  TorchFile result;
  result.metadata = std::move(flat.metadata);
  std::uint64_t total = 0;
  for (const auto& [name, index] : flat.tensors) {
    const PickleTensor& tensor = pickle.tensors[index];
    const PickleStorage& storage = pickle.storages[tensor.storage];
    const std::uint64_t size = stored_type_bytes(storage.type);
    const auto refuse = [&name = name, &file](std::string_view what) {
      return Error::untrusted(file, fmt::format("tensor '{}' {}", printable(name), what));
    };
    const auto range = storages.find(storage.key);
    if (range == storages.end()) {
      throw refuse(
          fmt::format("is in the storage '{}', which is not there", printable(storage.key)));
    }
    if (range->second.bytes / size != storage.elements) {
      throw refuse(fmt::format("is in the storage '{}' of {} bytes, which should have {} elements",
                               printable(storage.key), range->second.bytes, storage.elements));
    }
    TorchTensor& made = result.tensors[name];
    made.type = storage.type;
    made.shape = tensor.shape;
    made.strides = tensor.strides;
    made.begin = range->second.begin + tensor.offset * size;
    made.bytes = tensor.span * size;
    total += made.bytes;  // cannot overflow: at most 10^6 spans inside the file
    if (total / kMostSharing > file_bytes) {
      throw refuse("shares its storage with too many others");
    }
  }
  return result;
}

}  // namespace ersatz::models
