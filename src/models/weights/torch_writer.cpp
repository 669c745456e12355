#include "models/weights/torch_writer.h"

#include <fmt/format.h>

#include <limits>

#include "core/error.h"
#include "models/weights/stored_zip.h"

namespace ersatz::models {

namespace {

// Opcodes of Python's pickle, protocol 2 (Lib/pickletools.py describes them).
constexpr char kProtocol = '\x80', kStop = '.', kMark = '(', kEmptyDict = '}', kSetItems = 'u';
constexpr char kText = 'X', kInteger32 = 'J', kNone = 'N', kFalse = '\x89', kGlobal = 'c';
constexpr char kTuple = 't', kEmptyTuple = ')', kCall = 'R', kPersistent = 'Q';
constexpr std::string_view kLong8 = "\x8a\x08";

}  // namespace

TorchWriter::TorchWriter() : pickle_{kProtocol, '\x02'} {}

TorchWriter& TorchWriter::begin_dict() {
  pickle_ += {kEmptyDict, kMark};
  return *this;
}

TorchWriter& TorchWriter::end_dict() {
  pickle_ += kSetItems;
  return *this;
}

TorchWriter& TorchWriter::text(std::string_view utf8) {
  pickle_ += kText;
  append_little_endian(pickle_, utf8.size(), 4);
  pickle_ += utf8;
  return *this;
}

TorchWriter& TorchWriter::integer(std::int64_t value) {
  const bool small = value >= std::numeric_limits<std::int32_t>::min() &&
                     value <= std::numeric_limits<std::int32_t>::max();
  if (small) {
    pickle_ += kInteger32;
  } else {
    pickle_ += kLong8;
  }
  append_little_endian(pickle_, static_cast<std::uint64_t>(value), small ? 4 : 8);
  return *this;
}

TorchWriter& TorchWriter::none() {
  pickle_ += kNone;
  return *this;
}

void TorchWriter::global(std::string_view module, std::string_view name) {
  pickle_ += fmt::format("{}{}\n{}\n", kGlobal, module, name);
}

void TorchWriter::tuple(const std::vector<std::int64_t>& values) {
  pickle_ += kMark;
  for (const std::int64_t value : values) integer(value);
  pickle_ += kTuple;
}

// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks), where the
// storage is the persistent id ("storage", type, key, device, elements).
TorchWriter& TorchWriter::tensor(const std::vector<std::int64_t>& shape, std::string_view bytes) {
  std::int64_t elements = 1;
  std::vector<std::int64_t> strides(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = elements;
    elements *= shape[i];
  }
  if (elements < 0 || bytes.size() != static_cast<std::uint64_t>(elements) * sizeof(float)) {
    throw core::Error::internal(
        fmt::format("{} bytes for a tensor of shape [{}]", bytes.size(), fmt::join(shape, ", ")));
  }
  global("torch._utils", "_rebuild_tensor_v2");
  pickle_ += {kMark, kMark};
  text("storage");
  global("torch", "FloatStorage");
  text(fmt::to_string(storages_.size())).text("cpu").integer(elements);
  pickle_ += {kTuple, kPersistent};
  integer(0);
  tuple(shape);
  tuple(strides);
  pickle_ += kFalse;
  global("collections", "OrderedDict");
  pickle_ += {kEmptyTuple, kCall, kTuple, kCall};
  storages_.emplace_back(bytes);
  return *this;
}

std::string TorchWriter::finish() && {
  StoredZip zip;
  zip.add("archive/data.pkl", pickle_ + kStop);
  for (std::size_t i = 0; i < storages_.size(); ++i) {
    zip.add(fmt::format("archive/data/{}", i), storages_[i]);
  }
  zip.add("archive/version", "3\n");
  return std::move(zip).finish();
}

}  // namespace ersatz::models
