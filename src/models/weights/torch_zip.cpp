// torch.save since PyTorch 1.6.
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "models/weights/byte_reader.h"
#include "models/weights/pickle_machine.h"
#include "models/weights/storage_map.h"
#include "models/weights/torch_file.h"
#include "models/weights/untrusted_text.h"
#include "models/weights/zip_directory.h"

namespace ersatz::models {

namespace {

using core::Error;

constexpr std::uint64_t kMaxPickle = std::uint64_t{64} << 20;

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The archive without the folder that all of its entries are in.
struct Archive {
  const ZipEntry* pickle = nullptr;
  StorageMap storages;
};

void check_byte_order(const ZipEntry& entry, std::string_view bytes,
                      const std::filesystem::path& file) {
  const std::string_view order = bytes.substr(entry.begin, entry.bytes);
  if (order != "little") {
    throw Error::untrusted(file,
                           fmt::format("'{}' says that its numbers are {}-endian",
                                       printable(entry.name), printable(order.substr(0, 16))),
                           entry.begin);
  }
}

Archive sort_entries(const std::vector<ZipEntry>& entries, std::string_view bytes,
                     const std::filesystem::path& file) {
  Archive archive;
  const std::string folder = entries.empty()
                                 ? std::string()
                                 : entries.front().name.substr(0, entries.front().name.find('/'));
  for (const ZipEntry& entry : entries) {
    const auto refuse = [&](std::string_view what) {
      return Error::untrusted(file, fmt::format("zip entry '{}' {}", printable(entry.name), what),
                              entry.begin);
    };
    if (!starts_with(entry.name, folder + "/")) {
      throw refuse("is not in the archive's one folder: this is not a file of torch.save");
    }
    const std::string_view name = std::string_view(entry.name).substr(folder.size() + 1);
    if (name == "data.pkl") {
      archive.pickle = &entry;
    } else if (starts_with(name, "data/")) {
      archive.storages[name.substr(5)] = {entry.begin, entry.bytes};
    } else if (name == "byteorder") {
      check_byte_order(entry, bytes, file);
    } else if (name == "constants.pkl" || starts_with(name, "code/")) {
      throw refuse("belongs to a TorchScript program, not to weights")
          .with_hint("in PyTorch, save the state_dict() of the loaded program");
    } else if (name != "version" && name.front() != '.') {  // ".data/serialization_id" and so on
      throw refuse("is nothing that torch.save writes");
    }
  }
  return archive;
}

}  // namespace

bool is_torch_zip(std::string_view bytes) {
  return starts_with(bytes, "PK\x03\x04") || starts_with(bytes, "PK\x05\x06");
}

TorchFile read_torch_zip(std::string_view bytes, const std::filesystem::path& file) {
  const std::vector<ZipEntry> entries = read_zip_directory(bytes, file);
  const Archive archive = sort_entries(entries, bytes, file);
  if (archive.pickle == nullptr) {
    throw Error::untrusted(file, "the zip archive has no data.pkl: not a file of torch.save");
  }
  const ZipEntry& entry = *archive.pickle;
  const std::string name = printable(entry.name);
  if (entry.bytes > kMaxPickle) {
    throw Error::untrusted(file,
                           fmt::format("'{}' has {} bytes, which is refused", name, entry.bytes));
  }
  if (!has_promised_crc(entry, bytes)) {
    throw Error::untrusted(
        file, fmt::format("'{}' does not have its CRC: the file is damaged", name), entry.begin);
  }
  ByteReader reader(bytes.substr(entry.begin, entry.bytes), "the pickle", file, entry.begin);
  const Pickle pickle = PickleMachine(reader).run();
  if (reader.remaining() != 0) {
    throw Error::untrusted(file, "bytes follow the pickle's end", reader.offset());
  }
  return resolve_tensors(pickle, archive.storages, bytes.size(), file);
}

}  // namespace ersatz::models
