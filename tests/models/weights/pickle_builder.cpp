#include "models/weights/pickle_builder.h"

namespace ersatz::test {

std::string little_endian(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes.push_back(static_cast<char>(value & 0xff));
    value >>= 8;
  }
  return bytes;
}

PickleBuilder& PickleBuilder::raw(const std::string& bytes) {
  bytes_ += bytes;
  return *this;
}

PickleBuilder& PickleBuilder::text(const std::string& value) {
  return raw("X" + little_endian(value.size(), 4) + value);
}

PickleBuilder& PickleBuilder::integer(std::int64_t value) {
  return raw("\x8a\x08" + little_endian(static_cast<std::uint64_t>(value), 8));
}

PickleBuilder& PickleBuilder::integers(const std::vector<std::int64_t>& values) {
  raw("(");
  for (const std::int64_t value : values) integer(value);
  return raw("t");
}

PickleBuilder& PickleBuilder::global(const std::string& module, const std::string& name) {
  return raw("c" + module + "\n" + name + "\n");
}

PickleBuilder& PickleBuilder::empty_ordered_dict() {
  return global("collections", "OrderedDict").raw(")R");
}

PickleBuilder& PickleBuilder::storage(const std::string& type, const std::string& key,
                                      std::int64_t elements) {
  raw("(").text("storage").global("torch", type).text(key).text("cpu").integer(elements);
  return raw("tQ");
}

PickleBuilder& PickleBuilder::tensor(const std::string& type, const std::string& key,
                                     std::int64_t elements, std::int64_t offset,
                                     const std::vector<std::int64_t>& shape,
                                     const std::vector<std::int64_t>& strides) {
  global("torch._utils", "_rebuild_tensor_v2").raw("(").storage(type, key, elements);
  integer(offset).integers(shape).integers(strides).boolean(false).empty_ordered_dict();
  return raw("tR");
}

}  // namespace ersatz::test
