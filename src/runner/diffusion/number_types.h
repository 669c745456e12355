// Names of number types on the command line, as libtorch's types.
#pragma once

#include <c10/core/ScalarType.h>

#include <optional>
#include <string>

namespace ersatz::runner {

// "fp32", "fp16", "bf16"; nothing for "auto" and "". Error::usage for others.
std::optional<c10::ScalarType> parse_number_type(const std::string& name);
std::string number_type_name(c10::ScalarType type);

}  // namespace ersatz::runner
