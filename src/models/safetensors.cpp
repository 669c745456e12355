#include "models/safetensors.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/json.h"
#include "models/mapped_file.h"
#include "models/safetensors_header.h"
#include "models/stored_type.h"

namespace ersatz::models {

namespace {

struct Entry {
  const std::string* name;
  const torch::Tensor* tensor;
  StoredType type;
};

// The order of the reference implementation: wide types first, so that every tensor is aligned
// for its type, then by name. Files it wrote come back byte for byte.
std::vector<Entry> reference_order(const NamedTensors& tensors) {
  constexpr std::array kWideFirst = {
      StoredType::kI64, StoredType::kF64, StoredType::kF32, StoredType::kI32, StoredType::kBF16,
      StoredType::kF16, StoredType::kI16, StoredType::kI8,  StoredType::kU8,  StoredType::kBool};
  std::vector<Entry> entries;
  for (const auto& [name, tensor] : tensors) {
    const std::optional<StoredType> type = stored_type(tensor.scalar_type());
    if (!type) {
      throw core::Error::internal(
          fmt::format("tensor '{}' has a type that safetensors lacks", name));
    }
    entries.push_back({&name, &tensor, *type});
  }
  const auto rank = [&](StoredType type) {
    return std::find(kWideFirst.begin(), kWideFirst.end(), type) - kWideFirst.begin();
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const Entry& a, const Entry& b) { return rank(a.type) < rank(b.type); });
  return entries;
}

}  // namespace

Safetensors load_safetensors(const std::filesystem::path& path) {
  const MappedFile file(path);
  SafetensorsHeader header = parse_safetensors_header(file.bytes(), file.bytes().size(), path);
  Safetensors result;
  result.metadata = std::move(header.metadata);
  for (const auto& [name, stored] : header.tensors) {
    torch::Tensor tensor = torch::empty(stored.shape, scalar_type(stored.type));
    const char* bytes = file.bytes().data() + stored.begin;
    if (stored.type == StoredType::kBool)
      check_bools({bytes, stored.bytes}, name, path, stored.begin);
    if (stored.bytes > 0) std::memcpy(tensor.data_ptr(), bytes, stored.bytes);
    result.tensors.emplace(name, std::move(tensor));
  }
  return result;
}

void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata) {
  core::Json header = core::Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t position = 0;
  const std::vector<Entry> order = reference_order(tensors);
  for (const Entry& entry : order) {
    const std::uint64_t bytes =
        static_cast<std::uint64_t>(entry.tensor->numel()) * stored_type_bytes(entry.type);
    header[*entry.name] = {{"dtype", stored_type_name(entry.type)},
                           {"shape", entry.tensor->sizes().vec()},
                           {"data_offsets", {position, position + bytes}}};
    position += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');

  core::AtomicFile file(path);
  std::string length;
  for (int i = 0; i < 8; ++i) {
    length.push_back(static_cast<char>(static_cast<std::uint64_t>(text.size()) >> (8 * i) & 0xff));
  }
  file.write(length);
  file.write(text);
  for (const Entry& entry : order) {
    // At most one tensor at a time is moved or rearranged, so that saving a model of many
    // gigabytes from another device needs no second copy of it.
    const torch::Tensor data = entry.tensor->detach().to(torch::kCPU).contiguous();
    file.write(std::string_view(static_cast<const char*>(data.data_ptr()), data.nbytes()));
  }
  file.commit();
}

}  // namespace ersatz::models
