#include "report/export/event_decoder.h"

#include <cstring>
#include <functional>
#include <stdexcept>

namespace ersatz::test {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

// By polynomial division, bit by bit, of the reversed message.
std::uint32_t crc(const std::string& bytes) {
  std::uint32_t remainder = 0xFFFFFFFFU;
  for (const char c : bytes) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      const std::uint32_t in = (static_cast<unsigned char>(c) >> bit) & 1U;
      const bool carry = ((remainder ^ in) & 1U) != 0;
      remainder >>= 1U;
      if (carry) remainder ^= 0x82F63B78U;
    }
  }
  return remainder ^ 0xFFFFFFFFU;
}

class Bytes {
 public:
  explicit Bytes(const std::string& bytes) : bytes_(bytes) {}
  bool at_end() const { return place_ == bytes_.size(); }

  std::string take(std::uint64_t count) {
    if (count > bytes_.size() - place_) fail("cut short");
    place_ += count;
    return bytes_.substr(place_ - count, count);
  }

  std::uint64_t fixed(int count) {
    const std::string raw = take(static_cast<std::uint64_t>(count));
    std::uint64_t value = 0;
    for (int i = count - 1; i >= 0; --i) {
      value = value * 256 + static_cast<unsigned char>(raw[static_cast<std::size_t>(i)]);
    }
    return value;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80U) return value;
    }
    fail("a number without end");
  }

 private:
  const std::string& bytes_;
  std::size_t place_ = 0;
};

struct Field {
  std::uint64_t number = 0, wire = 0;
  std::uint64_t integer = 0;  // wire types 0, 1, 5
  std::string bytes;          // 2
};

void for_each_field(const std::string& message, const std::function<void(const Field&)>& use) {
  Bytes bytes(message);
  while (!bytes.at_end()) {
    Field field;
    const std::uint64_t tag = bytes.varint();
    field.number = tag / 8;
    field.wire = tag % 8;
    if (field.wire == 0)
      field.integer = bytes.varint();
    else if (field.wire == 1)
      field.integer = bytes.fixed(8);
    else if (field.wire == 2)
      field.bytes = bytes.take(bytes.varint());
    else if (field.wire == 5)
      field.integer = bytes.fixed(4);
    else
      fail("unknown wire type");
    use(field);
  }
}

void expect_wire(const Field& field, std::uint64_t wire) {
  if (field.wire != wire) fail("field " + std::to_string(field.number) + " of another type");
}

DecodedImage decode_image(const std::string& message) {
  DecodedImage image;
  for_each_field(message, [&](const Field& field) {
    expect_wire(field, field.number == 4 ? 2 : 0);
    const auto value = static_cast<std::int64_t>(field.integer);
    if (field.number == 1)
      image.height = value;
    else if (field.number == 2)
      image.width = value;
    else if (field.number == 3)
      image.colorspace = value;
    else if (field.number == 4)
      image.bytes = field.bytes;
    else
      fail("unknown field of an image");
  });
  return image;
}

// A tensor of one string.
std::string decode_text(const std::string& message) {
  std::string text;
  int strings = 0;
  std::int64_t type = 0, size = 0;
  for_each_field(message, [&](const Field& field) {
    if (field.number == 1)
      type = static_cast<std::int64_t>(field.integer);
    else if (field.number == 2)
      for_each_field(field.bytes, [&](const Field& dimension) {
        for_each_field(dimension.bytes,
                       [&](const Field& s) { size = static_cast<std::int64_t>(s.integer); });
      });
    else if (field.number == 8)
      text = field.bytes, ++strings;
    else
      fail("unknown field of a tensor");
  });
  if (type != 7 || size != 1 || strings != 1) fail("no tensor of one string");
  return text;
}

void decode_metadata(const std::string& message, DecodedValue& value) {
  for_each_field(message, [&](const Field& field) {
    expect_wire(field, 2);
    if (field.number == 1)
      for_each_field(field.bytes, [&](const Field& plugin) {
        if (plugin.number == 1) value.plugin = plugin.bytes;
      });
    else if (field.number == 2)
      value.display_name = field.bytes;
    else if (field.number == 3)
      value.description = field.bytes;
    else
      fail("unknown field of metadata");
  });
}

DecodedValue decode_value(const std::string& message) {
  DecodedValue value;
  for_each_field(message, [&](const Field& field) {
    expect_wire(field, field.number == 2 ? 5 : 2);
    if (field.number == 1) {
      value.tag = field.bytes;
    } else if (field.number == 2) {
      const auto bits = static_cast<std::uint32_t>(field.integer);
      float number = 0;
      std::memcpy(&number, &bits, sizeof number);
      value.scalar = number;
    } else if (field.number == 4) {
      value.image = decode_image(field.bytes);
    } else if (field.number == 8) {
      value.text = decode_text(field.bytes);
    } else if (field.number == 9) {
      decode_metadata(field.bytes, value);
    } else {
      fail("unknown field of a value");
    }
  });
  return value;
}

DecodedEvent decode_event(const std::string& message) {
  DecodedEvent event;
  for_each_field(message, [&](const Field& field) {
    if (field.number == 1) {
      expect_wire(field, 1);
      std::memcpy(&event.wall_time, &field.integer, sizeof event.wall_time);
    } else if (field.number == 2) {
      expect_wire(field, 0);
      event.step = static_cast<std::int64_t>(field.integer);
    } else if (field.number == 3) {
      expect_wire(field, 2);
      event.file_version = field.bytes;
    } else if (field.number == 5) {
      expect_wire(field, 2);
      for_each_field(field.bytes, [&](const Field& value) {
        if (value.number != 1) fail("unknown field of a summary");
        event.values.push_back(decode_value(value.bytes));
      });
    } else {
      fail("unknown field of an event");
    }
  });
  return event;
}

void check(const std::string& bytes, std::uint64_t masked) {
  // Undoes the mask instead of applying it.
  const auto rotated = static_cast<std::uint32_t>(masked) - 0xA282EAD8U;
  if (((rotated << 15U) | (rotated >> 17U)) != crc(bytes)) fail("wrong check sum");
}

}  // namespace

std::vector<DecodedEvent> decode_events(const std::string& bytes) {
  std::vector<DecodedEvent> events;
  Bytes file(bytes);
  while (!file.at_end()) {
    const std::string length = file.take(8);
    check(length, file.fixed(4));
    const std::string message = file.take(Bytes(length).fixed(8));
    check(message, file.fixed(4));
    events.push_back(decode_event(message));
  }
  return events;
}

}  // namespace ersatz::test
