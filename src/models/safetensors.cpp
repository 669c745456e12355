#include "models/safetensors.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstring>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "models/mapped_file.h"
#include "models/safetensors_header.h"

namespace ersatz::models {

namespace {

torch::ScalarType scalar_type(StoredType type) {
  switch (type) {
    case StoredType::kF64:
      return torch::kFloat64;
    case StoredType::kF32:
      return torch::kFloat32;
    case StoredType::kF16:
      return torch::kFloat16;
    case StoredType::kBF16:
      return torch::kBFloat16;
    case StoredType::kI64:
      return torch::kInt64;
    case StoredType::kI32:
      return torch::kInt32;
    case StoredType::kI16:
      return torch::kInt16;
    case StoredType::kI8:
      return torch::kInt8;
    case StoredType::kU8:
      return torch::kUInt8;
    case StoredType::kBool:
      return torch::kBool;
  }
  throw core::Error::internal("a stored type without a tensor type");
}

StoredType stored_type(const std::string& name, const torch::Tensor& tensor) {
  for (const StoredType type :
       {StoredType::kF64, StoredType::kF32, StoredType::kF16, StoredType::kBF16, StoredType::kI64,
        StoredType::kI32, StoredType::kI16, StoredType::kI8, StoredType::kU8, StoredType::kBool}) {
    if (scalar_type(type) == tensor.scalar_type()) return type;
  }
  throw core::Error::internal(fmt::format("tensor '{}' has a type that safetensors lacks", name));
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
    if (stored.type == StoredType::kBool) {
      // Any other byte than 0 and 1 in a bool is undefined behaviour waiting to happen.
      for (std::uint64_t i = 0; i < stored.bytes; ++i) {
        if (static_cast<unsigned char>(bytes[i]) > 1) {
          throw core::Error::untrusted(path,
                                       fmt::format("tensor '{}' has a bool that is neither "
                                                   "0 nor 1",
                                                   name),
                                       stored.begin + i);
        }
      }
    }
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
  std::vector<torch::Tensor> contiguous;
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor data = tensor.detach().to(torch::kCPU).contiguous();
    const std::uint64_t bytes = data.nbytes();
    header[name] = {{"dtype", stored_type_name(stored_type(name, data))},
                    {"shape", data.sizes().vec()},
                    {"data_offsets", {position, position + bytes}}};
    position += bytes;
    contiguous.push_back(data);
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');

  std::string file;
  file.reserve(8 + text.size() + position);
  for (int i = 0; i < 8; ++i) {
    file.push_back(static_cast<char>(static_cast<std::uint64_t>(text.size()) >> (8 * i) & 0xff));
  }
  file += text;
  for (const torch::Tensor& data : contiguous) {
    if (data.nbytes() > 0) file.append(static_cast<const char*>(data.data_ptr()), data.nbytes());
  }
  core::write_file_atomic(path, file);
}

}  // namespace ersatz::models
