#include "report/export/tfevents/event_file.h"

#include <cstddef>

#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "report/export/tfevents/crc32c.h"
#include "report/export/tfevents/little_endian.h"

namespace ersatz::report {
namespace {

// Fields of the messages.
namespace event {
constexpr std::uint32_t kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5;
}
namespace summary_message {
constexpr std::uint32_t kValue = 1;
}
namespace value {
constexpr std::uint32_t kTag = 1, kSimpleValue = 2, kImage = 4, kTensor = 8, kMetadata = 9;
}
namespace image_message {
constexpr std::uint32_t kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4;
}
namespace metadata {
constexpr std::uint32_t kPluginData = 1, kDisplayName = 2, kDescription = 3, kPluginName = 1;
}
namespace tensor {
constexpr std::uint32_t kType = 1, kShape = 2, kStrings = 8, kDimension = 2, kSize = 1;
constexpr std::int64_t kStringType = 7;  // DT_STRING
}  // namespace tensor

// Summary.Image's colorspace is the number of channels. In a PNG file, the colour type is the byte
// after signature, length, name, width, height and bit depth.
std::int64_t channels(std::string_view png) {
  constexpr std::size_t kColourType = 25;
  switch (png.at(kColourType)) {
    case 0:
      return 1;
    case 4:
      return 2;
    case 6:
      return 4;
    default:
      return 3;
  }
}

}  // namespace

EventFile::EventFile(double wall_time) {
  record(ProtobufMessage()
             .number(event::kWallTime, wall_time)
             .bytes(event::kFileVersion, "brain.Event:2"));
}

void EventFile::scalars(double wall_time, std::int64_t step,
                        const std::vector<EventScalar>& values) {
  ProtobufMessage all;
  for (const EventScalar& scalar : values) {
    all.message(summary_message::kValue,
                ProtobufMessage()
                    .bytes(value::kTag, scalar.tag)
                    .small_number(value::kSimpleValue, static_cast<float>(scalar.value)));
  }
  summary(wall_time, step, all);
}

void EventFile::image(double wall_time, std::int64_t step, const EventImage& image) {
  const data::ImageHeader header = data::png_header(image.png, image.tag);
  ProtobufMessage picture, about;
  picture.integer(image_message::kHeight, header.height)
      .integer(image_message::kWidth, header.width)
      .integer(image_message::kColorspace, channels(image.png))
      .bytes(image_message::kEncoded, image.png);
  about.bytes(metadata::kDisplayName, image.tag);
  if (!image.caption.empty()) about.bytes(metadata::kDescription, image.caption);
  summary(
      wall_time, step,
      ProtobufMessage().message(summary_message::kValue, ProtobufMessage()
                                                             .bytes(value::kTag, image.tag)
                                                             .message(value::kImage, picture)
                                                             .message(value::kMetadata, about)));
}

void EventFile::text(double wall_time, std::int64_t step, const std::string& tag,
                     std::string_view markdown) {
  ProtobufMessage strings, about;
  strings.integer(tensor::kType, tensor::kStringType)
      .message(tensor::kShape, ProtobufMessage().message(
                                   tensor::kDimension, ProtobufMessage().integer(tensor::kSize, 1)))
      .bytes(tensor::kStrings, markdown);
  about.message(metadata::kPluginData, ProtobufMessage().bytes(metadata::kPluginName, "text"));
  summary(
      wall_time, step,
      ProtobufMessage().message(summary_message::kValue, ProtobufMessage()
                                                             .bytes(value::kTag, tag)
                                                             .message(value::kTensor, strings)
                                                             .message(value::kMetadata, about)));
}

void EventFile::summary(double wall_time, std::int64_t step, const ProtobufMessage& summary) {
  record(ProtobufMessage()
             .number(event::kWallTime, wall_time)
             .integer(event::kStep, step)
             .message(event::kSummary, summary));
}

void EventFile::record(const ProtobufMessage& event) {
  std::string length;
  append_little_endian(length, std::uint64_t{event.text().size()});
  bytes_ += length;
  append_little_endian(bytes_, masked_crc32c(length));
  bytes_ += event.text();
  append_little_endian(bytes_, masked_crc32c(event.text()));
}

}  // namespace ersatz::report
