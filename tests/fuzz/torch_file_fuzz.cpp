// Whole files of torch.save, in both of its formats: what is accepted lies inside the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "models/weights/torch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ersatz::models;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const TorchFile file =
        is_torch_stream(bytes) ? read_torch_stream(bytes, "fuzz") : read_torch_zip(bytes, "fuzz");
    for (const auto& [name, tensor] : file.tensors) {
      if (tensor.begin > size || tensor.bytes > size - tensor.begin) std::abort();
    }
  } catch (const ersatz::core::Error& error) {
    if (error.code() != ersatz::core::ExitCode::kUntrustedData) std::abort();
  }
  return 0;
}
