// COCO's run lengths as text: refused in our own words, or a mask of the size that was asked for,
// which is the same after every way there and back. The first two bytes are the height and width.
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string_view>

#include "core/error.h"
#include "data/coco/rle.h"

namespace {

using namespace ersatz;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const data::Rle& rle) {
  const std::vector<std::uint8_t> mask = data::decode_rle(rle);
  require(mask.size() ==
          static_cast<std::size_t>(rle.height) * static_cast<std::size_t>(rle.width));
  const auto inside = std::accumulate(mask.begin(), mask.end(), std::int64_t{0});
  require(inside == data::rle_area(rle));
  const data::Rle again = data::parse_rle_text(data::rle_text(rle), rle.height, rle.width, "fuzz");
  require(again.counts == rle.counts);
  // Runs of nothing are allowed in a file, and not written by us.
  const data::Rle plain = data::encode_rle(mask.data(), rle.height, rle.width);
  require(data::decode_rle(plain) == mask);
  const data::PixelBox box = data::rle_box(rle), same = data::rle_box(plain);
  require(box.x == same.x && box.y == same.y && box.width == same.width &&
          box.height == same.height);
  require(inside == 0 || (box.x >= 0 && box.y >= 0 && box.x + box.width <= rle.width &&
                          box.y + box.height <= rle.height));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 2, size - 2);
  try {
    check(data::parse_rle_text(text, bytes[0], bytes[1], "fuzz"));
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) std::abort();
  }
  return 0;
}
