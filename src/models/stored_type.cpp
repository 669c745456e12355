#include "models/stored_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.h"
#include "models/weights/untrusted_text.h"

namespace ersatz::models {

namespace {

constexpr std::array<std::pair<StoredType, c10::ScalarType>, 10> kPairs = {
    {{StoredType::kF64, c10::ScalarType::Double},
     {StoredType::kF32, c10::ScalarType::Float},
     {StoredType::kF16, c10::ScalarType::Half},
     {StoredType::kBF16, c10::ScalarType::BFloat16},
     {StoredType::kI64, c10::ScalarType::Long},
     {StoredType::kI32, c10::ScalarType::Int},
     {StoredType::kI16, c10::ScalarType::Short},
     {StoredType::kI8, c10::ScalarType::Char},
     {StoredType::kU8, c10::ScalarType::Byte},
     {StoredType::kBool, c10::ScalarType::Bool}}};

}  // namespace

c10::ScalarType scalar_type(StoredType type) {
  const auto* pair = std::find_if(kPairs.begin(), kPairs.end(),
                                  [type](const auto& entry) { return entry.first == type; });
  if (pair == kPairs.end()) throw core::Error::internal("a stored type without a tensor type");
  return pair->second;
}

std::optional<StoredType> stored_type(c10::ScalarType type) {
  const auto* pair = std::find_if(kPairs.begin(), kPairs.end(),
                                  [type](const auto& entry) { return entry.second == type; });
  if (pair == kPairs.end()) return std::nullopt;
  return pair->first;
}

void check_bools(std::string_view bytes, std::string_view name, const std::filesystem::path& file,
                 std::uint64_t offset) {
  const auto* bad = std::find_if(bytes.begin(), bytes.end(),
                                 [](char byte) { return byte != '\0' && byte != '\1'; });
  if (bad != bytes.end()) {
    throw core::Error::untrusted(
        file, fmt::format("tensor '{}' has a bool that is neither 0 nor 1", printable(name)),
        offset + static_cast<std::uint64_t>(bad - bytes.begin()));
  }
}

}  // namespace ersatz::models
