// Writes files that torch.load (and this project's own reader) opens: the zip archive of PyTorch
// since 1.6, with dictionaries, text, integers, None and float32 tensors in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::models {

// Values are written one after the other; inside a dictionary keys and values take turns:
//   writer.begin_dict().text("step").integer(500).end_dict();
class TorchWriter {
 public:
  TorchWriter();

  TorchWriter& begin_dict();
  TorchWriter& end_dict();
  TorchWriter& text(std::string_view utf8);
  TorchWriter& integer(std::int64_t value);
  TorchWriter& none();
  // `bytes`: the numbers of a contiguous tensor of that shape, float32 little-endian.
  // Error::internal when their number does not fit the shape.
  TorchWriter& tensor(const std::vector<std::int64_t>& shape, std::string_view bytes);

  // The bytes of the file; equal content gives equal bytes.
  std::string finish() &&;

 private:
  void global(std::string_view module, std::string_view name);
  void tuple(const std::vector<std::int64_t>& values);

  std::string pickle_;
  std::vector<std::string> storages_;
};

}  // namespace ersatz::models
