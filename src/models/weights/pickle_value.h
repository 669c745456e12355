// What a restricted pickle can say: plain values, and descriptions of tensors. Nothing here runs
// code, and nothing refers to a Python object other than by its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "models/safetensors_header.h"

namespace ersatz::models {

enum class PickleKind : std::uint8_t {
  kNone,
  kBool,
  kInteger,
  kFloat,
  kString,  // UTF-8
  kBytes,
  kTuple,
  kList,
  kDict,
  kGlobal,   // a whitelisted name, not called
  kStorage,  // `index` of Pickle::storages
  kTensor,   // `index` of Pickle::tensors
  // What a whitelisted class would have made, of which only the name is kept; a ParameterDict
  // also has, as its only item, the dict of its parameters.
  kInert
};

using PickleRef = std::uint32_t;  // position in Pickle::values

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  std::int64_t integer = 0;  // also the bool, and the index of a storage or tensor
  double real = 0;
  std::string_view text;         // the string, or the name of a global or inert value
  std::vector<PickleRef> items;  // of a dict: key, value, key, value, ...
};

// Bytes kept outside the pickle, and what they are.
struct PickleStorage {
  std::string_view key;
  StoredType type = StoredType::kF32;
  std::uint64_t elements = 0;
};

// A view of a storage in elements, checked to lie inside it.
struct PickleTensor {
  std::size_t storage = 0;
  std::uint64_t offset = 0;
  std::vector<std::int64_t> shape, strides;
  std::uint64_t span = 0;  // elements from the first to the last that the view touches
};

// Texts are views of the bytes the pickle was read from. Values may be reachable in several ways,
// or from themselves: whoever walks them bounds depth and number of steps.
struct Pickle {
  std::deque<PickleValue> values;
  std::vector<PickleStorage> storages;
  std::vector<PickleTensor> tensors;
  PickleRef root = 0;
};

}  // namespace ersatz::models
