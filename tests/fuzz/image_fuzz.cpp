// Pictures from outside: PNG and JPEG files, the texts in a PNG and the orientation in a JPEG. What
// is accepted has as many pixels as it says; everything else is refused in our own words.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "data/images/image_file.h"
#include "data/images/orientation.h"
#include "data/images/png_text.h"

namespace {

using namespace ersatz;

// Larger ones are the codecs' work, not ours, and slow.
constexpr std::int64_t kMostPixels = 1 << 16;

// Whether `read` accepted the bytes.
template <typename Read>
bool accepts(Read read) {
  try {
    read();
    return true;
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) std::abort();
    return false;
  }
}

void check_picture(const data::RgbImage& image, std::int64_t pixels) {
  if (static_cast<std::int64_t>(image.width) * image.height != pixels) std::abort();
  if (image.pixels.size() != static_cast<std::size_t>(3 * pixels)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  accepts([&] { data::png_texts(file, "fuzz"); });
  const int orientation = data::exif_orientation(file);
  if (orientation < 1 || orientation > 8) std::abort();
  data::ImageHeader header;
  if (!accepts([&] { header = data::parse_image_header(file, "fuzz"); })) return 0;
  const std::int64_t pixels = static_cast<std::int64_t>(header.width) * header.height;
  if (pixels < 1 || pixels > data::kMaxImagePixels) std::abort();
  if (pixels > kMostPixels) return 0;
  accepts([&] {
    const data::RgbImage image = data::decode_image(file, "fuzz");
    check_picture(image, pixels);
    check_picture(data::upright(image, orientation), pixels);
  });
  return 0;
}
