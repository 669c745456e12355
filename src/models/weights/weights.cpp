#include "models/weights/weights.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cstring>
#include <memory>
#include <utility>

#include "core/error.h"
#include "models/mapped_file.h"
#include "models/safetensors_header.h"
#include "models/stored_type.h"
#include "models/weights/byte_reader.h"
#include "models/weights/file_kind.h"
#include "models/weights/pickle_machine.h"
#include "models/weights/torch_file.h"
#include "models/weights/untrusted_text.h"
#include "models/weights/zip_directory.h"

namespace ersatz::models {

namespace {

using core::Error;
using SharedFile = std::shared_ptr<const MappedFile>;

// A tensor of the file as safetensors and PyTorch files describe it alike.
struct Range {
  StoredType type;
  const std::vector<std::int64_t>& shape;
  const std::vector<std::int64_t>& strides;
  std::uint64_t begin, bytes;
};

std::vector<std::int64_t> row_major(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

torch::Tensor view_of(const SharedFile& file, const std::string& name, const Range& range,
                      const std::filesystem::path& path) {
  const auto options = torch::TensorOptions(scalar_type(range.type));
  if (range.bytes == 0) return torch::empty(range.shape, options);
  const std::string_view bytes = file->bytes().substr(range.begin, range.bytes);
  if (range.type == StoredType::kBool) check_bools(bytes, name, path, range.begin);
  const std::uint64_t size = stored_type_bytes(range.type);
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % size == 0) {
    return torch::from_blob(
        const_cast<char*>(bytes.data()), range.shape, range.strides, [file](void*) {}, options);
  }
  torch::Tensor copy = torch::empty({static_cast<std::int64_t>(range.bytes / size)}, options);
  std::memcpy(copy.data_ptr(), bytes.data(), bytes.size());
  return copy.as_strided(range.shape, range.strides);
}

Weights open_safetensors(const SharedFile& file, const std::filesystem::path& path) {
  SafetensorsHeader header = parse_safetensors_header(file->bytes(), file->bytes().size(), path);
  Weights weights;
  weights.metadata = std::move(header.metadata);
  for (const auto& [name, stored] : header.tensors) {
    const std::vector<std::int64_t> strides = row_major(stored.shape);
    weights.tensors.emplace(
        name, view_of(file, name, {stored.type, stored.shape, strides, stored.begin, stored.bytes},
                      path));
  }
  return weights;
}

Weights open_torch(const SharedFile& file, TorchFile content, const std::filesystem::path& path) {
  Weights weights;
  weights.metadata = std::move(content.metadata);
  for (const auto& [name, tensor] : content.tensors) {
    weights.tensors.emplace(
        name,
        view_of(file, name, {tensor.type, tensor.shape, tensor.strides, tensor.begin, tensor.bytes},
                path));
  }
  return weights;
}

Weights open_mapped(const SharedFile& file, const std::filesystem::path& path) {
  const std::string_view bytes = file->bytes();
  switch (file_kind(bytes)) {
    case FileKind::kSafetensors:
      return open_safetensors(file, path);
    case FileKind::kTorchZip:
      return open_torch(file, read_torch_zip(bytes, path), path);
    case FileKind::kTorchStream:
      return open_torch(file, read_torch_stream(bytes, path), path);
    case FileKind::kPickle: {
      // Read first, because a global it should not have says more than that it has no tensors.
      ByteReader reader(bytes.substr(0, std::size_t{64} << 20), "the pickle", path);
      PickleMachine(reader).run();
      throw Error::untrusted(path, "a plain pickle, not a file of torch.save")
          .with_hint("save the weights with torch.save or as safetensors");
    }
    case FileKind::kUnknown:
      break;
  }
  const std::string_view other = recognised_other(bytes);
  throw Error::untrusted(path, bytes.size() < 9
                                   ? "too short to be a weight file"
                                   : "neither a safetensors file nor one of torch.save")
      .with_hint(other.empty() ? std::string() : fmt::format("it looks like {}", other));
}

}  // namespace

Weights open_weights(const std::filesystem::path& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  Weights weights = open_mapped(file, path);
  weights.file = path;
  // Headers are scattered over a zip archive; with them, the kernel brings in much of the rest.
  file->forget(0, file->bytes().size());
  return weights;
}

bool is_file_view(const torch::Tensor& tensor) {
  return tensor.defined() && tensor.device().is_cpu() && tensor.has_storage() &&
         MappedFile::holds(tensor.storage().data());
}

void forget_pages(const torch::Tensor& tensor) {
  if (!tensor.defined() || !tensor.device().is_cpu() || !tensor.has_storage()) return;
  // `storage().data()` and not `data_ptr()`: a view of a part forgets the whole, once.
  MappedFile::forget_address(tensor.storage().data(), tensor.storage().nbytes());
}

void verify_weights(const std::filesystem::path& path) {
  const MappedFile file(path);
  if (file_kind(file.bytes()) == FileKind::kTorchZip) {
    for (const ZipEntry& entry : read_zip_directory(file.bytes(), path)) {
      if (!has_promised_crc(entry, file.bytes())) {
        throw Error::untrusted(path,
                               fmt::format("zip entry '{}' does not have its CRC: it is damaged",
                                           printable(entry.name)),
                               entry.begin);
      }
      file.forget(entry.begin, entry.bytes);
    }
  }
  open_weights(path);
}

}  // namespace ersatz::models
