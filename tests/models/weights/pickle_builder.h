// Writes pickles opcode by opcode, including ones no honest program would write.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::test {

class PickleBuilder {
 public:
  PickleBuilder() { raw(std::string("\x80\x02", 2)); }  // protocol 2, as torch.save

  PickleBuilder& raw(const std::string& bytes);
  PickleBuilder& text(const std::string& value);
  PickleBuilder& integer(std::int64_t value);
  PickleBuilder& boolean(bool value) { return raw(value ? "\x88" : "\x89"); }
  PickleBuilder& integers(const std::vector<std::int64_t>& values);  // a tuple
  PickleBuilder& global(const std::string& module, const std::string& name);
  PickleBuilder& empty_ordered_dict();  // a call of collections.OrderedDict

  // torch.FloatStorage and so on, of key `key`.
  PickleBuilder& storage(const std::string& type, const std::string& key, std::int64_t elements);
  // _rebuild_tensor_v2 of the storage pushed before: tensor("FloatStorage", ...) does both.
  PickleBuilder& tensor(const std::string& type, const std::string& key, std::int64_t elements,
                        std::int64_t offset, const std::vector<std::int64_t>& shape,
                        const std::vector<std::int64_t>& strides);

  std::string stop() const { return bytes_ + "."; }

 private:
  std::string bytes_;
};

// "count" little-endian bytes of `value`.
std::string little_endian(std::uint64_t value, int count);

}  // namespace ersatz::test
