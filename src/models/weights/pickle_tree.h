// The values of a pickle as one flat list of names.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include "models/weights/pickle_value.h"

namespace ersatz::models {

struct FlatPickle {
  std::map<std::string, std::size_t> tensors;   // name -> index in Pickle::tensors
  std::map<std::string, std::string> metadata;  // everything else, as text
};

// Names of nested dicts, lists and tuples are joined with '.' ("string_to_param.*", "layers.0").
// A dict `state_dict` at the top is unwrapped: its entries stand without prefix, and what is beside
// it is not loaded (scalars go to the metadata, "optimizer_states" says only what it was).
// None, booleans and numbers are written as Python prints them.
//
// Throws Error::untrusted (exit 30) when the pickle is not a dict, is nested more than 64 deep or
// refers to itself, names something twice, or grows beyond 10^6 values or 32 MB of text.
FlatPickle flatten_pickle(const Pickle& pickle, const std::filesystem::path& file);

}  // namespace ersatz::models
