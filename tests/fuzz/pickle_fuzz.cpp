// The restricted pickle interpreter: every tensor that it lets through lies inside its storage.
// Storages are whatever the pickle says, up to a size, because only their bounds matter.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "models/weights/byte_reader.h"
#include "models/weights/pickle_machine.h"
#include "models/weights/storage_map.h"

namespace {

constexpr std::uint64_t kLargestStorage = 1 << 20;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ersatz::models;
  const std::filesystem::path file("fuzz");
  ByteReader reader({reinterpret_cast<const char*>(data), size}, "the pickle", file);
  try {
    const Pickle pickle = PickleMachine(reader).run();
    StorageMap storages;
    for (const PickleStorage& storage : pickle.storages) {
      if (storage.elements > kLargestStorage / 8) continue;
      storages[storage.key] = {0, storage.elements * stored_type_bytes(storage.type)};
    }
    for (const auto& [name, tensor] :
         resolve_tensors(pickle, storages, kLargestStorage, file).tensors) {
      if (tensor.begin + tensor.bytes > kLargestStorage) std::abort();
      if (tensor.shape.size() != tensor.strides.size()) std::abort();
    }
  } catch (const ersatz::core::Error& error) {
    if (error.code() != ersatz::core::ExitCode::kUntrustedData) std::abort();
  }
  return 0;
}
