// torch.save before PyTorch 1.6: pickles of a magic number, of the protocol's version, of the
// machine's properties, of the object and of the list of storage keys, one after the other; then
// per key the number of elements (8 bytes) and the elements.
#include <fmt/format.h>

#include "core/error.h"
#include "models/weights/byte_reader.h"
#include "models/weights/pickle_machine.h"
#include "models/weights/storage_map.h"
#include "models/weights/torch_file.h"
#include "models/weights/untrusted_text.h"

namespace ersatz::models {

namespace {

using core::Error;

// The pickle of 0x1950a86a20f9469cfc6c in protocol 2.
constexpr std::string_view kMagic("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 15);
constexpr std::int64_t kVersion = 1001;
// Storages follow the pickles without any word on where these end.
constexpr std::uint64_t kMaxPickles = std::uint64_t{64} << 20;

void check_machine(const Pickle& pickle, const ByteReader& reader) {
  const PickleValue& root = pickle.values[pickle.root];
  if (root.kind == PickleKind::kDict) {
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
      const PickleValue& item = pickle.values[root.items[i + 1]];
      if (pickle.values[root.items[i]].text == "little_endian" && item.integer == 1) return;
    }
  }
  throw Error::untrusted(reader.file(), "the file was not written by a little-endian machine",
                         reader.offset());
}

StorageMap read_storages(const Pickle& keys, const Pickle& object, ByteReader& reader) {
  std::map<std::string_view, const PickleStorage*> declared;
  for (const PickleStorage& storage : object.storages) declared[storage.key] = &storage;
  StorageMap storages;
  const PickleValue& list = keys.values[keys.root];
  if (list.kind != PickleKind::kList) {
    throw Error::untrusted(reader.file(), "the storages of the file are not listed",
                           reader.offset());
  }
  for (const PickleRef ref : list.items) {
    const std::string_view key = keys.values[ref].text;
    const auto refuse = [&](std::string_view what) {
      return Error::untrusted(reader.file(), fmt::format("storage '{}' {}", printable(key), what),
                              reader.offset());
    };
    const auto found = declared.find(key);
    if (found == declared.end()) throw refuse("is listed but not described");
    const std::uint64_t elements = reader.u64();
    if (elements != found->second->elements) {
      throw refuse(fmt::format("has {} elements instead of {}", elements, found->second->elements));
    }
    // The number of elements is at most 2^60 (PickleMachine), so this cannot overflow.
    const std::uint64_t bytes = elements * stored_type_bytes(found->second->type);
    if (bytes > reader.remaining()) throw refuse("ends outside the file");
    if (!storages.emplace(key, StorageRange{reader.position(), bytes}).second) {
      throw refuse("is listed twice");
    }
    reader.take(bytes);
  }
  return storages;
}

}  // namespace

bool is_torch_stream(std::string_view bytes) { return bytes.substr(0, kMagic.size()) == kMagic; }

TorchFile read_torch_stream(std::string_view bytes, const std::filesystem::path& file) {
  const std::string_view pickles = bytes.substr(0, kMaxPickles);
  ByteReader reader(pickles, "the pickle", file);
  reader.take(kMagic.size());
  const auto next = [&reader] { return PickleMachine(reader).run(); };
  const Pickle version = next();
  if (version.values[version.root].integer != kVersion) {
    throw Error::untrusted(file, "the file is of an unknown version of torch.save",
                           reader.offset());
  }
  check_machine(next(), reader);
  const Pickle object = next(), keys = next();
  ByteReader content(bytes, "the file", file);
  content.seek(reader.position());
  const StorageMap storages = read_storages(keys, object, content);
  if (content.remaining() != 0) {
    throw Error::untrusted(file,
                           fmt::format("{} bytes follow the last storage", content.remaining()),
                           content.offset());
  }
  return resolve_tensors(object, storages, bytes.size(), file);
}

}  // namespace ersatz::models
