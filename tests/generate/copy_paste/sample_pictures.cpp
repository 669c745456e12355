#include "generate/copy_paste/sample_pictures.h"

#include <cmath>
#include <fstream>

#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"

namespace ersatz::test {

namespace fs = std::filesystem;

data::RgbImage sample_background(int width, int height, int variant) {
  data::RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {3 * x + y + 40 * variant, 90 + x - y, 200 - 2 * y + 7 * variant}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return image;
}

data::RgbaImage sample_disc(int side, int variant) {
  data::RgbaImage image = sample_block(side, side, variant);
  const double radius = side / 2.0;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double distance = std::hypot(x + 0.5 - radius, y + 0.5 - radius);
      const double cover = std::min(1.0, std::max(0.0, radius - distance));
      image.pixels[static_cast<std::size_t>(4 * (y * side + x) + 3)] =
          static_cast<std::uint8_t>(255 * cover);
    }
  }
  return image;
}

data::RgbaImage sample_block(int width, int height, int variant) {
  data::RgbaImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {200 - 5 * x, 60 + 9 * y + 30 * variant, 11 * x + variant, 255}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return image;
}

void write_bytes(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

void write_sample_sets(const fs::path& folder, const std::vector<std::string>& classes,
                       int cut_outs, int backgrounds) {
  for (std::size_t c = 0; c < classes.size(); ++c) {
    for (int i = 0; i < cut_outs; ++i) {
      write_bytes(folder / "masks" / classes[c] / (std::to_string(i) + ".png"),
                  data::encode_png(sample_disc(12 + 3 * i, static_cast<int>(c) + i)));
    }
  }
  for (int i = 0; i < backgrounds; ++i) {
    const data::RgbImage image = sample_background(64 + 8 * i, 48 + i, i);
    const std::string name = std::to_string(i);
    if (i % 2 == 0) {
      write_bytes(folder / "backgrounds" / (name + ".jpg"), data::encode_jpeg(image, 90));
    } else {
      write_bytes(folder / "backgrounds/more" / (name + ".png"), data::encode_png(image));
    }
  }
}

}  // namespace ersatz::test
