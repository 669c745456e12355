// The file that TensorBoard reads: TFRecords of tensorflow.Event messages
// (tensorflow/core/util/event.proto and framework/summary.proto, tensor.proto).
//
//   record: uint64 length, uint32 masked CRC-32C of those eight bytes,
//           the message, uint32 masked CRC-32C of it; all little-endian
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/export/tfevents/protobuf_message.h"

namespace ersatz::report {

struct EventScalar {
  std::string tag;
  double value = 0;  // stored in single precision, as TensorBoard does
};

struct EventImage {
  std::string tag, caption;
  std::string png;  // the bytes of the file
};

class EventFile {
 public:
  // Begins with the version, "brain.Event:2". Times in seconds since 1970.
  explicit EventFile(double wall_time);

  void scalars(double wall_time, std::int64_t step, const std::vector<EventScalar>& values);
  // Error::untrusted when it is no PNG.
  void image(double wall_time, std::int64_t step, const EventImage& image);
  // Markdown, for the "Text" page.
  void text(double wall_time, std::int64_t step, const std::string& tag, std::string_view markdown);

  const std::string& bytes() const { return bytes_; }

 private:
  void summary(double wall_time, std::int64_t step, const ProtobufMessage& summary);
  void record(const ProtobufMessage& event);

  std::string bytes_;
};

}  // namespace ersatz::report
