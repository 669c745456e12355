// TFEvents files, read again by a decoder of the tests' own.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/error.h"
#include "data/images/png_codec.h"
#include "report/export/event_decoder.h"
#include "report/export/tfevents/crc32c.h"
#include "report/export/tfevents/event_file.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

using test::decode_events;
using test::DecodedEvent;

// RFC 3720, B.4.
TEST(Crc32c, KnownValues) {
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  std::string rising;
  for (char i = 0; i < 32; ++i) rising += i;
  EXPECT_EQ(crc32c(rising), 0x46DD794EU);
}

TEST(ProtobufMessage, EncodesAsTheSpecificationShows) {
  EXPECT_EQ(ProtobufMessage().integer(1, 150).text(), std::string("\x08\x96\x01"));
  EXPECT_EQ(ProtobufMessage().bytes(2, "testing").text(), std::string("\x12\x07testing"));
  EXPECT_EQ(ProtobufMessage().message(3, ProtobufMessage().integer(1, 150)).text(),
            std::string("\x1a\x03\x08\x96\x01"));
  EXPECT_EQ(ProtobufMessage().integer(1, -1).text(),
            std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

TEST(EventFile, TheFirstEventIsTheVersion) {
  const std::vector<DecodedEvent> events = decode_events(EventFile(1700000000.5).bytes());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  EXPECT_EQ(events[0].wall_time, 1700000000.5);
}

TEST(EventFile, ScalarsKeepStepTimeAndValue) {
  EventFile file(1);
  file.scalars(2.25, 385, {{"train/größe", 0.1}, {"loss", -3}});
  file.scalars(2.5, std::int64_t{1} << 40, {{"loss", std::nan("")}});
  file.scalars(2.5, -1, {{"loss", -std::numeric_limits<double>::infinity()}});
  const std::vector<DecodedEvent> events = decode_events(file.bytes());
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[1].step, 385);
  EXPECT_EQ(events[1].wall_time, 2.25);
  ASSERT_EQ(events[1].values.size(), 2U);
  EXPECT_EQ(events[1].values[0].tag, "train/größe");
  EXPECT_EQ(events[1].values[0].scalar, 0.1F);
  EXPECT_EQ(events[1].values[1].scalar, -3.0F);
  EXPECT_EQ(events[2].step, std::int64_t{1} << 40);
  EXPECT_TRUE(std::isnan(*events[2].values[0].scalar));
  EXPECT_EQ(events[3].step, -1);
  EXPECT_EQ(events[3].values[0].scalar, -std::numeric_limits<float>::infinity());
}

TEST(EventFile, PicturesKeepTheirBytesAndSayTheirSize) {
  const data::RgbImage colour{3, 2, std::vector<std::uint8_t>(18, 200)};
  const data::GreyImage grey{5, 4, std::vector<std::uint8_t>(20, 100)};
  EventFile file(1);
  const std::string colour_png = data::encode_png(colour), grey_png = data::encode_png(grey);
  file.image(2, 7, {"pictures/a", "Eine Überschrift", colour_png});
  file.image(2, 7, {"pictures/b", "", grey_png});
  const std::vector<DecodedEvent> events = decode_events(file.bytes());
  ASSERT_EQ(events.size(), 3U);
  const test::DecodedValue& first = events[1].values.at(0);
  EXPECT_EQ(first.tag, "pictures/a");
  EXPECT_EQ(first.description, "Eine Überschrift");
  EXPECT_EQ(first.image->width, 3);
  EXPECT_EQ(first.image->height, 2);
  EXPECT_EQ(first.image->colorspace, 3);
  EXPECT_EQ(first.image->bytes, colour_png);
  EXPECT_EQ(events[2].values.at(0).image->colorspace, 1);
  EXPECT_ERSATZ_ERROR(file.image(2, 7, {"pictures/c", "", "no picture"}),
                      core::ExitCode::kUntrustedData, "pictures/c");
}

TEST(EventFile, TextIsATensorOfOneString) {
  EventFile file(1);
  file.text(2, 0, "run/page", "**bold** ä");
  const test::DecodedValue value = decode_events(file.bytes()).at(1).values.at(0);
  EXPECT_EQ(value.text, "**bold** ä");
  EXPECT_EQ(value.plugin, "text");
}

TEST(EventFile, EveryFlippedBitAndEveryCutIsFound) {
  EventFile file(1);
  file.scalars(2, 1, {{"loss", 0.5}});
  const std::string bytes = file.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ (1U << bit));
      EXPECT_THROW(decode_events(damaged), std::runtime_error) << i << " " << bit;
    }
  }
  const std::size_t first = EventFile(1).bytes().size();
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    if (length == first) continue;  // a whole record
    EXPECT_THROW(decode_events(bytes.substr(0, length)), std::runtime_error) << length;
  }
}

}  // namespace
}  // namespace ersatz::report
