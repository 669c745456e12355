#include "models/weights/zip_builder.h"

#include <zlib.h>

#include "models/weights/pickle_builder.h"

namespace ersatz::test {

namespace {

std::uint32_t crc_of(const std::string& bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string padding(std::size_t header_end) {
  const std::size_t size = 64 - (header_end + 4) % 64;
  return "FB" + little_endian(size, 2) + std::string(size, 'Z');
}

}  // namespace

std::string zip_file(const std::vector<ZipRecord>& records, const ZipEnd& end) {
  std::string file, directory;
  for (const ZipRecord& record : records) {
    file += record.gap;
    const std::uint64_t offset = file.size();
    const std::uint32_t crc = record.crc.value_or(crc_of(record.content));
    const bool open = (record.flags & 8) != 0;
    const std::uint64_t size = record.content.size();
    const std::string extra = padding(offset + 30 + record.name.size());
    file += "PK\x03\x04" + little_endian(0, 2) + little_endian(record.flags, 2) +
            little_endian(record.method, 2) + little_endian(0, 4) +
            little_endian(open ? 0 : crc, 4) + little_endian(open ? 0 : size, 4) +
            little_endian(open ? 0 : size, 4) + little_endian(record.name.size(), 2) +
            little_endian(extra.size(), 2) + record.name + extra + record.content;
    if (open) {
      file +=
          "PK\x07\x08" + little_endian(crc, 4) + little_endian(size, 4) + little_endian(size, 4);
    }
    const std::string name = record.central_name.value_or(record.name);
    directory += "PK\x01\x02" + little_endian(0, 4) + little_endian(record.flags, 2) +
                 little_endian(record.method, 2) + little_endian(0, 4) + little_endian(crc, 4) +
                 little_endian(record.central_stored.value_or(size), 4) +
                 little_endian(record.central_size.value_or(size), 4) +
                 little_endian(name.size(), 2) + little_endian(record.central_extra.size(), 2) +
                 little_endian(0, 10) + little_endian(record.central_offset.value_or(offset), 4) +
                 name + record.central_extra;
  }
  const std::uint64_t entries = end.entries.value_or(records.size());
  const std::uint64_t size = end.size.value_or(directory.size());
  const std::uint64_t begin = end.begin.value_or(file.size());
  file += directory;
  if (end.zip64) {
    const std::uint64_t large = end.zip64_entries.value_or(entries), at = file.size();
    file += "PK\x06\x06" + little_endian(44, 8) + little_endian(0, 12) + little_endian(large, 8) +
            little_endian(large, 8) + little_endian(size, 8) + little_endian(begin, 8);
    file += "PK\x06\x07" + little_endian(0, 4) + little_endian(at, 8) + little_endian(1, 4);
  }
  return file + "PK\x05\x06" + little_endian(0, 4) + little_endian(entries, 2) +
         little_endian(entries, 2) + little_endian(size, 4) + little_endian(begin, 4) +
         little_endian(end.comment.size(), 2) + end.comment + end.trailing;
}

std::vector<ZipRecord> torch_records(const std::string& pickle,
                                     const std::map<std::string, std::string>& storages) {
  const auto record = [](const std::string& name, const std::string& content) {
    ZipRecord made;
    made.name = "archive/" + name;
    made.content = content;
    return made;
  };
  std::vector<ZipRecord> records = {record("data.pkl", pickle)};
  for (const auto& [key, content] : storages) records.push_back(record("data/" + key, content));
  records.push_back(record("version", "3\n"));
  return records;
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  return packed.substr(2, size - 6);  // without zlib's header and checksum
}

}  // namespace ersatz::test
