// The header of a safetensors file: what is accepted lies inside the file, and everything else is
// refused in our own words.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "models/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto header = ersatz::models::parse_safetensors_header(bytes, size, "fuzz");
    for (const auto& [name, tensor] : header.tensors) {
      if (tensor.begin > size || tensor.bytes > size - tensor.begin) std::abort();
    }
  } catch (const ersatz::core::Error& error) {
    if (error.code() != ersatz::core::ExitCode::kUntrustedData) std::abort();
  }
  return 0;
}
