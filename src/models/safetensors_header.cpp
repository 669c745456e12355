#include "models/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/json.h"
#include "models/weights/untrusted_text.h"

namespace ersatz::models {

namespace {

using core::Error;

struct TypeInfo {
  std::string_view name;
  StoredType type;
  std::uint64_t bytes;
};

constexpr std::array<TypeInfo, 10> kTypes = {{{"F64", StoredType::kF64, 8},
                                              {"F32", StoredType::kF32, 4},
                                              {"F16", StoredType::kF16, 2},
                                              {"BF16", StoredType::kBF16, 2},
                                              {"I64", StoredType::kI64, 8},
                                              {"I32", StoredType::kI32, 4},
                                              {"I16", StoredType::kI16, 2},
                                              {"I8", StoredType::kI8, 1},
                                              {"U8", StoredType::kU8, 1},
                                              {"BOOL", StoredType::kBool, 1}}};

constexpr std::size_t kMaxDimensions = 32;
constexpr std::size_t kMaxNames = 100'000;  // of tensors, and of metadata
constexpr std::string_view kMetadataKey = "__metadata__";

const TypeInfo& info(StoredType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(),
                       [type](const TypeInfo& entry) { return entry.type == type; });
}

// One tensor as the JSON describes it, before any check across fields.
struct RawTensor {
  std::optional<std::string> dtype;
  std::optional<std::vector<std::uint64_t>> shape, offsets;
};

// Reads the JSON event by event: only this grammar is accepted, so that nesting, duplicate keys
// and surprising types never reach memory.
class HeaderEvents final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::map<std::string, RawTensor> tensors;
  std::map<std::string, std::string> metadata;
  std::string problem;
  std::size_t problem_at = 0;

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a boolean"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return refuse("a number that is not a 64-bit integer");
  }
  bool binary(binary_t&) override { return refuse("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (array_ == nullptr) return refuse("a number");
    if (array_->size() >= kMaxDimensions) return fail("too many numbers in " + place());
    array_->push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (array_ != nullptr || depth_ != 2) return refuse("a string");
    if (in_metadata_) {
      metadata[key_] = value;
      return true;
    }
    if (key_ != "dtype") return refuse("a string");
    tensors[name_].dtype = value;
    return true;
  }

  bool start_object(std::size_t) override {
    if (array_ != nullptr || depth_ >= 2) return refuse("an object");
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }

  bool start_array(std::size_t) override {
    if (array_ != nullptr || depth_ != 2 || in_metadata_) return refuse("an array");
    RawTensor& tensor = tensors[name_];
    if (key_ == "shape") {
      array_ = &tensor.shape.emplace();
    } else if (key_ == "data_offsets") {
      array_ = &tensor.offsets.emplace();
    } else {
      return refuse("an array");
    }
    return true;
  }
  bool end_array() override {
    array_ = nullptr;
    return true;
  }

  bool key(string_t& value) override {
    if (depth_ == 1) {
      in_metadata_ = value == kMetadataKey;
      if (names_.size() >= kMaxNames) return fail("the header has too many tensors");
      if (!names_.insert(value).second)
        return fail(fmt::format("key '{}' appears twice", printable(value)));
      name_ = value;
      if (!in_metadata_) tensors.emplace(value, RawTensor());
      fields_.clear();
      key_.clear();
      return true;
    }
    if (!in_metadata_ && value != "dtype" && value != "shape" && value != "data_offsets") {
      return fail(
          fmt::format("tensor '{}' has an unknown field '{}'", printable(name_), printable(value)));
    }
    if (fields_.size() >= kMaxNames) return fail("the metadata has too many entries");
    if (!fields_.insert(value).second) {
      return fail(
          fmt::format("key '{}' of '{}' appears twice", printable(value), printable(name_)));
    }
    key_ = value;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    problem_at = position;
    return fail("the header is not valid JSON");
  }

 private:
  std::string place() const {
    return key_.empty() ? fmt::format("'{}'", printable(name_))
                        : fmt::format("'{}' of '{}'", printable(key_), printable(name_));
  }
  bool refuse(std::string_view what) { return fail(fmt::format("{} where {} is", what, place())); }
  bool fail(std::string text) {
    if (problem.empty()) problem = std::move(text);
    return false;
  }

  int depth_ = 0;
  bool in_metadata_ = false;
  std::string name_, key_;
  std::set<std::string> names_, fields_;
  std::vector<std::uint64_t>* array_ = nullptr;
};

// Product of the dimensions and the size of one element; nothing when it exceeds 2^63 - 1.
std::optional<std::uint64_t> checked_bytes(const std::vector<std::uint64_t>& shape,
                                           std::uint64_t element) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::uint64_t total = element;
  bool empty = false;
  for (const std::uint64_t size : shape) {
    if (size > kMax) return std::nullopt;
    if (size == 0) {
      empty = true;
    } else if (total > kMax / size) {
      return std::nullopt;
    } else {
      total *= size;
    }
  }
  return empty ? 0 : total;
}

StoredTensor checked_tensor(const std::string& name, const RawTensor& raw, std::uint64_t data_begin,
                            std::uint64_t data_bytes, const std::filesystem::path& file) {
  const auto refuse = [&](std::string_view what) {
    return Error::untrusted(file, fmt::format("tensor '{}' {}", printable(name), what));
  };
  if (!raw.dtype) throw refuse("has no dtype");
  if (!raw.shape) throw refuse("has no shape");
  if (!raw.offsets) throw refuse("has no data_offsets");
  const auto* type = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const TypeInfo& entry) { return entry.name == *raw.dtype; });
  if (type == kTypes.end())
    throw refuse(fmt::format("has the unknown type '{}'", printable(*raw.dtype)));
  const auto bytes = checked_bytes(*raw.shape, type->bytes);
  if (!bytes) throw refuse("has a shape whose size overflows");
  if (raw.offsets->size() != 2) throw refuse("needs exactly two data_offsets");
  const std::uint64_t begin = (*raw.offsets)[0], end = (*raw.offsets)[1];
  if (begin > end) throw refuse("ends before it begins");
  if (end > data_bytes) throw refuse("ends outside the file");
  if (end - begin != *bytes) {
    throw refuse(fmt::format("has {} bytes, but its shape and type need {}", end - begin, *bytes));
  }
  StoredTensor result;
  result.type = type->type;
  for (const std::uint64_t size : *raw.shape) {
    result.shape.push_back(static_cast<std::int64_t>(size));
  }
  result.begin = data_begin + begin;
  result.bytes = *bytes;
  return result;
}

// Tensors must tile the data exactly: no holes, no overlap, nothing behind.
void check_layout(const SafetensorsHeader& header, std::uint64_t data_begin,
                  std::uint64_t file_size, const std::filesystem::path& file) {
  std::vector<const std::pair<const std::string, StoredTensor>*> order;
  for (const auto& entry : header.tensors) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::tie(a->second.begin, a->second.bytes) < std::tie(b->second.begin, b->second.bytes);
  });
  std::uint64_t position = data_begin;
  for (const auto* entry : order) {
    if (entry->second.begin != position) {
      throw Error::untrusted(file,
                             fmt::format("tensor '{}' leaves a hole or overlaps its neighbour",
                                         printable(entry->first)),
                             entry->second.begin);
    }
    position += entry->second.bytes;
  }
  if (position != file_size) {
    throw Error::untrusted(
        file, fmt::format("{} bytes follow the last tensor", file_size - position), position);
  }
}

}  // namespace

std::string_view stored_type_name(StoredType type) { return info(type).name; }

std::uint64_t stored_type_bytes(StoredType type) { return info(type).bytes; }

SafetensorsHeader parse_safetensors_header(std::string_view prefix, std::uint64_t file_size,
                                           const std::filesystem::path& file) {
  if (file_size < 8 || prefix.size() < 8) {
    throw Error::untrusted(file, "too short to be a safetensors file", 0);
  }
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) {
    length = length << 8 | static_cast<unsigned char>(prefix[static_cast<std::size_t>(i)]);
  }
  if (length > kMaxSafetensorsHeader) {
    throw Error::untrusted(file, fmt::format("a header of {} bytes is refused", length), 0);
  }
  if (length > file_size - 8 || length > prefix.size() - 8) {
    throw Error::untrusted(file, "the file ends inside its header", file_size);
  }
  const std::string_view text = prefix.substr(8, length);
  if (text.empty() || text.front() != '{') {
    throw Error::untrusted(file, "the header does not start with '{'", 8);
  }
  const std::size_t last = text.find_last_not_of(' ');
  if (text[last] != '}') {
    throw Error::untrusted(file, "the header does not end with '}' and spaces", 8 + last);
  }
  HeaderEvents events;
  const std::string_view json = text.substr(0, last + 1);
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &events)) {
    throw Error::untrusted(file,
                           events.problem.empty() ? "the header is not valid JSON" : events.problem,
                           8 + events.problem_at);
  }
  SafetensorsHeader header;
  header.metadata = std::move(events.metadata);
  const std::uint64_t data_begin = 8 + length;
  for (const auto& [name, raw] : events.tensors) {
    header.tensors.emplace(name,
                           checked_tensor(name, raw, data_begin, file_size - data_begin, file));
  }
  check_layout(header, data_begin, file_size, file);
  return header;
}

}  // namespace ersatz::models
