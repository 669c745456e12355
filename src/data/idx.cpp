#include "data/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/file_system.h"
#include "data/fetch/gunzip.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImagesMagic = 2051;
constexpr std::uint32_t kLabelsMagic = 2049;
constexpr std::uint32_t kMaxSide = 4096;
constexpr std::uint64_t kMaxData = std::uint64_t{1} << 31;
constexpr std::uint64_t kMaxDeflateRatio = 1032;  // what DEFLATE can reach at all

// Takes the bytes of one IDX file piece by piece: first the header, then the data.
class IdxParser {
 public:
  IdxParser(fs::path path, std::uint32_t magic, std::size_t dimensions, std::uint64_t plausible)
      : path_(std::move(path)), magic_(magic), dimensions_(dimensions), plausible_(plausible) {}

  void take(const std::uint8_t* bytes, std::size_t size) {
    const std::size_t missing = std::min(header_bytes() - header_size_, size);
    std::copy_n(bytes, missing, header_.data() + header_size_);
    header_size_ += missing;
    if (missing > 0 && header_size_ == header_bytes()) check_header();
    const std::size_t rest = size - missing;
    if (rest == 0) return;
    if (rest > expected_ - data_.size()) {
      throw core::Error::untrusted(
          path_, fmt::format("more data than the {} bytes the header announces", expected_),
          header_bytes() + expected_);
    }
    data_.insert(data_.end(), bytes + missing, bytes + size);
  }

  void finish() const {
    if (header_size_ < header_bytes()) {
      throw core::Error::untrusted(
          path_, fmt::format("ends inside the header of {} bytes", header_bytes()), header_size_);
    }
    if (data_.size() < expected_) {
      throw core::Error::untrusted(
          path_,
          fmt::format("short data: the header announces {} bytes, {} are there", expected_,
                      data_.size()),
          header_bytes() + data_.size());
    }
  }

  std::uint32_t dimension(std::size_t i) const { return word(1 + i); }
  std::size_t header_bytes() const { return 4 * (1 + dimensions_); }
  std::vector<std::uint8_t>& data() { return data_; }

 private:
  std::uint32_t word(std::size_t i) const {
    std::uint32_t value = 0;
    for (std::size_t k = 0; k < 4; ++k) value = (value << 8) | header_[4 * i + k];
    return value;
  }

  void check_header() {
    if (word(0) != magic_) {
      throw core::Error::untrusted(
          path_, fmt::format("magic number {} where {} is expected", word(0), magic_), 0);
    }
    expected_ = dimension(0);
    for (std::size_t i = 1; i < dimensions_; ++i) {
      const std::uint32_t side = dimension(i);
      if (side == 0 || side > kMaxSide) {
        throw core::Error::untrusted(
            path_, fmt::format("dimension {} is {}, allowed are 1 to {}", i, side, kMaxSide),
            4 * (1 + i));
      }
      expected_ *= side;  // <= 2^32 * 2^12 * 2^12: cannot overflow
    }
    if (expected_ > kMaxData) {
      throw core::Error::untrusted(
          path_, fmt::format("announces {} bytes of data, allowed are {}", expected_, kMaxData), 4);
    }
    // A lying header must not make us reserve memory the file cannot fill.
    data_.reserve(static_cast<std::size_t>(std::min(expected_, plausible_)));
  }

  fs::path path_;
  std::uint32_t magic_;
  std::size_t dimensions_;
  std::uint64_t plausible_;
  std::array<std::uint8_t, 16> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t expected_ = 0;
  std::vector<std::uint8_t> data_;
};

IdxParser parse(const fs::path& path, std::uint32_t magic, std::size_t dimensions) {
  const bool compressed = is_gzip(path);
  const std::uint64_t file_bytes = fs::file_size(path);
  IdxParser parser(path, magic, dimensions, file_bytes * (compressed ? kMaxDeflateRatio : 1));
  const auto sink = [&](const std::uint8_t* bytes, std::size_t size) { parser.take(bytes, size); };
  if (compressed) {
    gunzip(path, kMaxData + parser.header_bytes(), sink);
  } else {
    read_plain(path, sink);
  }
  parser.finish();
  return parser;
}

void append_word(std::string& bytes, std::size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xFF);
}

}  // namespace

LabelledImages read_idx(const fs::path& images_path, const fs::path& labels_path, int max_label) {
  IdxParser labels = parse(labels_path, kLabelsMagic, 1);
  const auto too_large =
      std::find_if(labels.data().begin(), labels.data().end(),
                   [max_label](std::uint8_t label) { return int{label} > max_label; });
  if (too_large != labels.data().end()) {
    const auto index = static_cast<std::uint64_t>(too_large - labels.data().begin());
    throw core::Error::untrusted(labels_path,
                                 fmt::format("label {} is > {}", int{*too_large}, max_label),
                                 labels.header_bytes() + index);
  }
  IdxParser images = parse(images_path, kImagesMagic, 3);
  if (images.dimension(0) != labels.dimension(0)) {
    throw core::Error::untrusted(images_path,
                                 fmt::format("{} images, but {} labels in {}", images.dimension(0),
                                             labels.dimension(0), labels_path.string()),
                                 4);
  }
  LabelledImages result;
  result.height = static_cast<int>(images.dimension(1));
  result.width = static_cast<int>(images.dimension(2));
  result.pixels = std::move(images.data());
  result.labels = std::move(labels.data());
  return result;
}

void write_idx(const LabelledImages& images, const fs::path& images_path,
               const fs::path& labels_path) {
  const int max_side = static_cast<int>(kMaxSide);
  if (images.height < 1 || images.width < 1 || images.height > max_side ||
      images.width > max_side || images.pixels.size() > kMaxData ||
      images.pixels.size() != images.size() * images.image_bytes()) {
    throw core::Error::internal(fmt::format("write_idx: {} pixels for {} images of {}x{}",
                                            images.pixels.size(), images.size(), images.height,
                                            images.width));
  }
  std::string bytes;
  bytes.reserve(16 + images.pixels.size());
  append_word(bytes, kImagesMagic);
  append_word(bytes, images.size());
  append_word(bytes, static_cast<std::size_t>(images.height));
  append_word(bytes, static_cast<std::size_t>(images.width));
  bytes.append(images.pixels.begin(), images.pixels.end());
  core::write_file_atomic(images_path, bytes);

  bytes.clear();
  append_word(bytes, kLabelsMagic);
  append_word(bytes, images.size());
  bytes.append(images.labels.begin(), images.labels.end());
  core::write_file_atomic(labels_path, bytes);
}

}  // namespace ersatz::data
