#include "data/coco/rle.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace ersatz::data {
namespace {

// Collects runs; pixels are announced in COCO's order.
class Runs {
 public:
  // `length` pixels that are all inside or all outside.
  void add(bool inside, std::uint32_t length) {
    if (length == 0) return;
    if (inside != inside_) {
      counts_.push_back(run_);
      inside_ = inside;
      run_ = 0;
    }
    run_ += length;
  }
  std::vector<std::uint32_t> finish() {
    counts_.push_back(run_);
    return std::move(counts_);
  }

 private:
  std::vector<std::uint32_t> counts_;
  std::uint32_t run_ = 0;
  bool inside_ = false;
};

std::uint64_t pixels_of(int height, int width) {
  return static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width);
}

bool adds_up(const Rle& rle) {
  std::uint64_t sum = 0;
  for (const std::uint32_t count : rle.counts) sum += count;
  return sum == pixels_of(rle.height, rle.width);
}

}  // namespace

Rle encode_rle(const std::uint8_t* mask, int height, int width) {
  return encode_rle(mask, {0, 0, width, height}, height, width);
}

Rle encode_rle(const std::uint8_t* mask, const PixelBox& box, int height, int width) {
  const int left = std::clamp(box.x, 0, width), right = std::clamp(box.x + box.width, left, width);
  const int top = std::clamp(box.y, 0, height);
  const int bottom = std::clamp(box.y + box.height, top, height);
  const auto columns = [&](int count) {
    return static_cast<std::uint32_t>(pixels_of(height, count));
  };
  Runs runs;
  runs.add(false, columns(left));
  for (int x = left; x < right; ++x) {
    runs.add(false, static_cast<std::uint32_t>(top));
    const std::uint8_t* column = mask + (x - box.x);
    int begin = top;
    bool inside = false;
    for (int y = top; y < bottom; ++y) {
      const bool here = column[static_cast<std::ptrdiff_t>(y - box.y) * box.width] != 0;
      if (here == inside) continue;
      runs.add(inside, static_cast<std::uint32_t>(y - begin));
      begin = y;
      inside = here;
    }
    runs.add(inside, static_cast<std::uint32_t>(bottom - begin));
    runs.add(false, static_cast<std::uint32_t>(height - bottom));
  }
  runs.add(false, columns(width - right));
  return {height, width, runs.finish()};
}

Rle embed_rle(const Rle& part, const PixelBox& box, int height, int width) {
  if (box.width != part.width || box.height != part.height || box.x < 0 || box.y < 0 ||
      box.x + box.width > width || box.y + box.height > height || !adds_up(part)) {
    throw core::Error::internal(fmt::format("a mask of {} x {} at ({}, {}) in a picture of {} x {}",
                                            part.height, part.width, box.y, box.x, height, width));
  }
  const auto column = static_cast<std::uint32_t>(part.height);
  const auto gap = static_cast<std::uint32_t>(height - part.height);
  Runs runs;
  std::uint64_t used = pixels_of(height, box.x) + static_cast<std::uint64_t>(box.y);
  runs.add(false, static_cast<std::uint32_t>(used));
  std::uint32_t row = 0;
  bool inside = false;
  for (std::uint32_t left : part.counts) {
    while (left > 0) {
      if (row == column) {  // on to the next column
        runs.add(false, gap);
        used += gap;
        row = 0;
      }
      const std::uint32_t length = std::min(left, column - row);
      runs.add(inside, length);
      used += length;
      row += length;
      left -= length;
    }
    inside = !inside;
  }
  runs.add(false, static_cast<std::uint32_t>(pixels_of(height, width) - used));
  return {height, width, runs.finish()};
}

std::vector<std::uint8_t> decode_rle(const Rle& rle) {
  if (!adds_up(rle)) {
    throw core::Error::internal(
        fmt::format("the runs of a mask do not add up to {} x {}", rle.height, rle.width));
  }
  std::vector<std::uint8_t> mask(pixels_of(rle.height, rle.width), 0);
  const auto height = static_cast<std::size_t>(rle.height);
  const auto width = static_cast<std::size_t>(rle.width);
  std::size_t at = 0;
  bool inside = false;
  for (const std::uint32_t count : rle.counts) {
    if (inside) {
      for (std::size_t i = at; i < at + count; ++i) mask[i % height * width + i / height] = 1;
    }
    at += count;
    inside = !inside;
  }
  return mask;
}

std::int64_t rle_area(const Rle& rle) {
  std::int64_t area = 0;
  for (std::size_t i = 1; i < rle.counts.size(); i += 2) area += rle.counts[i];
  return area;
}

PixelBox rle_box(const Rle& rle) {
  const auto height = static_cast<std::uint64_t>(rle.height);
  std::uint64_t left = ~std::uint64_t{0}, right = 0, top = ~std::uint64_t{0}, bottom = 0;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < rle.counts.size(); at += rle.counts[i++]) {
    if (i % 2 == 0 || rle.counts[i] == 0) continue;
    const std::uint64_t last = at + rle.counts[i] - 1;
    left = std::min(left, at / height);
    right = std::max(right, last / height);
    // A run that goes on in the next column touches the bottom of one and the top of the other.
    const bool one_column = at / height == last / height;
    top = one_column ? std::min(top, at % height) : 0;
    bottom = one_column ? std::max(bottom, last % height) : height - 1;
  }
  if (left > right) return {};
  return {static_cast<int>(left), static_cast<int>(top), static_cast<int>(right - left + 1),
          static_cast<int>(bottom - top + 1)};
}

std::string rle_text(const Rle& rle) {
  std::string text;
  for (std::size_t i = 0; i < rle.counts.size(); ++i) {
    std::int64_t value = rle.counts[i];
    if (i > 2) value -= rle.counts[i - 2];
    for (bool more = true; more;) {
      const std::int64_t bits = value & 0x1f;
      value >>= 5;
      // The last group's highest bit is the sign.
      more = (bits & 0x10) != 0 ? value != -1 : value != 0;
      text += static_cast<char>((more ? bits | 0x20 : bits) + '0');
    }
  }
  return text;
}

Rle parse_rle_text(std::string_view text, int height, int width,
                   const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& what) {
    return core::Error::untrusted(
        file, fmt::format("run lengths of a mask of {} x {}: {}", height, width, what));
  };
  if (height < 1 || width < 1 || pixels_of(height, width) > std::numeric_limits<int>::max()) {
    throw refuse("the size is out of range");
  }
  Rle rle{height, width, {}};
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t value = 0;
    for (int shift = 0;; shift += 5) {
      if (at == text.size()) throw refuse("the last number is cut off");
      const int bits = text[at++] - '0';
      if (bits < 0 || bits > 0x3f) throw refuse(fmt::format("character {} is no digit", at - 1));
      if (shift > 30) throw refuse("a number is out of range");
      value |= static_cast<std::int64_t>(bits & 0x1f) << shift;
      if ((bits & 0x20) != 0) continue;
      if ((bits & 0x10) != 0) value -= std::int64_t{1} << (shift + 5);
      break;
    }
    if (rle.counts.size() > 2) value += rle.counts[rle.counts.size() - 2];
    if (value < 0 || value > std::numeric_limits<std::int32_t>::max()) {
      throw refuse("a run is out of range");
    }
    rle.counts.push_back(static_cast<std::uint32_t>(value));
  }
  if (!adds_up(rle)) throw refuse("the runs do not add up");
  return rle;
}

}  // namespace ersatz::data
