#include "runner/diffusion/number_types.h"

#include "runner/diffusion/named_choices.h"

namespace ersatz::runner {

std::optional<c10::ScalarType> parse_number_type(const std::string& name) {
  if (name.empty()) return std::nullopt;
  switch (choice("number type", name, number_type_names())) {
    case 1:
      return c10::ScalarType::Float;
    case 2:
      return c10::ScalarType::Half;
    case 3:
      return c10::ScalarType::BFloat16;
    default:
      return std::nullopt;
  }
}

std::string number_type_name(c10::ScalarType type) {
  switch (type) {
    case c10::ScalarType::Float:
      return "fp32";
    case c10::ScalarType::Half:
      return "fp16";
    case c10::ScalarType::BFloat16:
      return "bf16";
    default:
      return c10::toString(type);
  }
}

}  // namespace ersatz::runner
