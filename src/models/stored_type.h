// Element types of weight files and libtorch's names for them.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "models/safetensors_header.h"

namespace ersatz::models {

c10::ScalarType scalar_type(StoredType type);

// Nothing for a type that no weight file has, such as complex numbers.
std::optional<StoredType> stored_type(c10::ScalarType type);

// Any other byte than 0 and 1 in a bool is undefined behaviour waiting to happen: throws
// Error::untrusted when the bytes of the tensor `name`, at `offset` of `file`, have one.
void check_bools(std::string_view bytes, std::string_view name, const std::filesystem::path& file,
                 std::uint64_t offset);

}  // namespace ersatz::models
