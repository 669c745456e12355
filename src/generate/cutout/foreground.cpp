#include "generate/cutout/foreground.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "generate/cutout/cutout.h"

namespace ersatz::generate {
namespace {

constexpr int kSmallestBox = 3;  // px

data::RgbImage laid_on_white(const Cutout& cutout, int width, int height) {
  const data::RgbImage part = data::on_white(cutout.image);
  data::RgbImage picture{width, height, {}};
  picture.pixels.assign(
      std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 255);
  const auto row = std::ptrdiff_t{3} * part.width;
  for (int y = 0; y < part.height; ++y) {
    std::copy_n(
        part.pixels.begin() + row * y, row,
        picture.pixels.begin() +
            std::ptrdiff_t{3} * (std::ptrdiff_t{width} * (cutout.box.y + y) + cutout.box.x));
  }
  return picture;
}

}  // namespace

Foreground foreground_on_white(const data::RgbImage& photo, double box_share, BoxShape shape,
                               int iterations) {
  if (!(box_share > 0 && box_share <= 1)) {
    throw core::Error::usage(
        fmt::format("a box of {} of the photo's sides is outside (0, 1]", box_share));
  }
  const int width = static_cast<int>(photo.width * box_share);
  const int height = static_cast<int>(photo.height * box_share);
  if (width < kSmallestBox || height < kSmallestBox) return {photo, false};
  GrabCut grab_cut;
  grab_cut.box = {(photo.width - width) / 2, (photo.height - height) / 2, width, height};
  grab_cut.shape = shape;
  grab_cut.iterations = iterations;
  CutoutOptions options;
  options.method = grab_cut;
  const CutoutResult made = make_cutout(photo, options);
  if (!made.cutout) return {photo, false};
  return {laid_on_white(*made.cutout, photo.width, photo.height), true};
}

}  // namespace ersatz::generate
