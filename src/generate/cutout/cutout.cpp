#include "generate/cutout/cutout.h"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "generate/copy_paste/variation.h"
#include "generate/cutout/edge_matte.h"
#include "generate/cutout/grab_cut_mask.h"
#include "generate/cutout/mask_cleanup.h"
#include "generate/cutout/white_mask.h"

namespace ersatz::generate {
namespace {

constexpr int kSmallestArea = 25;      // px; less is noise
constexpr double kWholePhoto = 0.995;  // a mask of this share of the photo is no mask

void require_inside(const data::PixelBox& box, const data::RgbImage& photo) {
  const bool inside = box.x >= 0 && box.y >= 0 && box.width >= 3 && box.height >= 3 &&
                      box.x <= photo.width - box.width && box.y <= photo.height - box.height;
  if (!inside) {
    throw core::Error::usage(
        fmt::format("the box {},{},{},{} (x,y,width,height) is not inside the "
                    "photo of {} x {} px, or smaller than 3 px",
                    box.x, box.y, box.width, box.height, photo.width, photo.height));
  }
}

data::RgbaImage cropped(const data::RgbaImage& image, const data::PixelBox& box) {
  data::RgbaImage result{box.width, box.height, {}};
  result.pixels.reserve(std::size_t{4} * static_cast<std::size_t>(box.width) *
                        static_cast<std::size_t>(box.height));
  for (int y = box.y; y < box.y + box.height; ++y) {
    const auto row = image.pixels.begin() + 4 * (std::ptrdiff_t{y} * image.width + box.x);
    result.pixels.insert(result.pixels.end(), row, row + 4 * std::ptrdiff_t{box.width});
  }
  return result;
}

data::PixelBox visible_box(const data::RgbaImage& image) {
  int left = image.width, right = 0, top = image.height, bottom = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const auto pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                         static_cast<std::size_t>(x);
      if (image.pixels[4 * pixel + 3] == 0) continue;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = std::max(bottom, y + 1);
    }
  }
  return {left, top, std::max(0, right - left), std::max(0, bottom - top)};
}

}  // namespace

CutoutResult make_cutout(const data::RgbImage& photo, const CutoutOptions& options) {
  require_valid(options);
  cv::Mat mask;
  std::optional<cv::Vec3f> background;  // its colour where it is known
  if (const auto* white = std::get_if<WhiteBackground>(&options.method)) {
    background = white_background_colour(photo);
    if (!background) return {std::nullopt, "the border of the photo is not white"};
    mask = white_mask(photo, *background, *white, options.keep_holes);
  } else {
    const GrabCut& method = std::get<GrabCut>(options.method);
    require_inside(method.box, photo);
    mask = grab_cut_mask(photo, method);
  }
  mask = largest_part(opened(mask, options.open));
  if (!options.keep_holes) mask = without_holes(mask);
  const int area = cv::countNonZero(mask);
  if (area < kSmallestArea) return {std::nullopt, "nothing stands out from the background"};
  if (area > kWholePhoto * static_cast<double>(mask.total())) {
    return {std::nullopt, "there is no background around the thing"};
  }
  const data::RgbaImage matte = edge_matte(photo, mask, background);
  Cutout cutout;
  cutout.box = visible_box(matte);
  cutout.image = cropped(matte, cutout.box);
  if (options.feather > 0) {
    Variation soft;
    soft.feather = options.feather;
    cutout.image = varied(cutout.image, soft);
    if (cutout.image.width == 0) return {std::nullopt, "the thing is thinner than the feather"};
  }
  return {std::move(cutout), ""};
}

}  // namespace ersatz::generate
