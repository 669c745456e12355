#include "data/images/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace ersatz::data {
namespace {

constexpr int kFractionBits = 32 - 8 - 2;
constexpr std::int32_t kHalf = std::int32_t{1} << (kFractionBits - 1);

// The input pixels under one output pixel, and where their weights begin.
struct Window {
  int first = 0, count = 0;
  std::size_t weights = 0;
};

struct Filter {
  std::vector<Window> windows;  // one per output pixel
  std::vector<std::int32_t> weights;
};

// A filter as a function of the distance in input pixels (of output pixels, when reducing).
struct Kernel {
  double support = 1;
  double (*weight)(double distance) = nullptr;  // distance >= 0
};

double triangle(double x) { return x < 1 ? 1 - x : 0; }

// Keys 1981 with a = -1/2.
double cubic(double x) {
  constexpr double a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

constexpr Kernel kBilinear{1, triangle}, kBicubic{2, cubic};

std::int32_t fixed_point(double weight) {
  return static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kFractionBits));
}

// Weights add up to 2^22 up to rounding.
Filter make_filter(const Kernel& kernel, int in, int out) {
  Filter filter;
  const double scale = static_cast<double>(in) / out;
  const double stretch = std::max(scale, 1.0), step = 1.0 / stretch;
  const double support = kernel.support * stretch;
  std::vector<double> weights;
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * scale;
    Window window;
    window.first = std::max(0, static_cast<int>(centre - support + 0.5));
    window.count = std::min(in, static_cast<int>(centre + support + 0.5)) - window.first;
    window.weights = filter.weights.size();
    weights.clear();
    double sum = 0;
    for (int j = 0; j < window.count; ++j) {
      const double distance = std::abs((j + window.first - centre + 0.5) * step);
      weights.push_back(kernel.weight(distance));
      sum += weights.back();
    }
    for (const double weight : weights) {
      const double share = sum == 0 ? weight : weight / sum;
      filter.weights.push_back(fixed_point(share));
    }
    filter.windows.push_back(window);
  }
  return filter;
}

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

RgbImage resize_columns(const RgbImage& image, const Kernel& kernel, int width) {
  const Filter filter = make_filter(kernel, image.width, width);
  RgbImage out{width, image.height, {}};
  out.pixels.resize(std::size_t{3} * static_cast<std::size_t>(width) *
                    static_cast<std::size_t>(image.height));
  std::uint8_t* to = out.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* row = image.pixels.data() + std::size_t{3} *
                                                        static_cast<std::size_t>(image.width) *
                                                        static_cast<std::size_t>(y);
    for (const Window& window : filter.windows) {
      const std::int32_t* weight = filter.weights.data() + window.weights;
      const std::uint8_t* from = row + std::ptrdiff_t{3} * window.first;
      std::int32_t red = kHalf, green = kHalf, blue = kHalf;
      for (int j = 0; j < window.count; ++j, from += 3) {
        red += from[0] * weight[j];
        green += from[1] * weight[j];
        blue += from[2] * weight[j];
      }
      *to++ = to_byte(red);
      *to++ = to_byte(green);
      *to++ = to_byte(blue);
    }
  }
  return out;
}

RgbImage resize_rows(const RgbImage& image, const Kernel& kernel, int height) {
  const Filter filter = make_filter(kernel, image.height, height);
  const std::size_t row = std::size_t{3} * static_cast<std::size_t>(image.width);
  RgbImage out{image.width, height, {}};
  out.pixels.resize(row * static_cast<std::size_t>(height));
  std::uint8_t* to = out.pixels.data();
  std::vector<std::int32_t> sums(row);
  for (const Window& window : filter.windows) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const std::uint8_t* from = image.pixels.data() + row * static_cast<std::size_t>(window.first);
    for (int j = 0; j < window.count; ++j, from += row) {
      const std::int32_t weight = filter.weights[window.weights + static_cast<std::size_t>(j)];
      for (std::size_t i = 0; i < row; ++i) sums[i] += from[i] * weight;
    }
    to = std::transform(sums.begin(), sums.end(), to, to_byte);
  }
  return out;
}

RgbImage padded(const RgbImage& image, int left, int top, int width, int height) {
  RgbImage out{width, height, {}};
  out.pixels.resize(std::size_t{3} * static_cast<std::size_t>(width) *
                    static_cast<std::size_t>(height));
  const auto row = std::ptrdiff_t{3} * image.width;
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(
        image.pixels.begin() + row * y, row,
        out.pixels.begin() + std::ptrdiff_t{3} * (std::ptrdiff_t{width} * (y + top) + left));
  }
  return out;
}

// Half goes to the even number, as Python rounds.
int half_to_even(int doubled) { return static_cast<int>(std::nearbyint(doubled / 2.0)); }

RgbImage resize(const RgbImage& image, const Kernel& kernel, int width, int height) {
  if (width < 1 || height < 1 || image.width < 1 || image.height < 1) {
    throw core::Error::internal(fmt::format("a picture of {} x {} to be resized to {} x {}",
                                            image.width, image.height, width, height));
  }
  if (width == image.width) {
    return height == image.height ? image : resize_rows(image, kernel, height);
  }
  RgbImage narrow = resize_columns(image, kernel, width);
  return height == image.height ? narrow : resize_rows(narrow, kernel, height);
}

}  // namespace

RgbImage resize_bilinear(const RgbImage& image, int width, int height) {
  return resize(image, kBilinear, width, height);
}

RgbImage resize_bicubic(const RgbImage& image, int width, int height) {
  return resize(image, kBicubic, width, height);
}

RgbImage resize_shorter_side(const RgbImage& image, int side) {
  const int shorter = std::min(image.width, image.height);
  const int longer = std::max(image.width, image.height);
  if (shorter == side) return image;
  if (shorter < 1) throw core::Error::internal("a picture without pixels to be resized");
  const auto other = static_cast<int>(static_cast<double>(std::int64_t{side} * longer) / shorter);
  return image.width <= image.height ? resize_bilinear(image, side, other)
                                     : resize_bilinear(image, other, side);
}

RgbImage centre_crop(const RgbImage& image, int side) {
  if (image.width < side || image.height < side) {
    const int missing_x = std::max(0, side - image.width),
              missing_y = std::max(0, side - image.height);
    return centre_crop(padded(image, missing_x / 2, missing_y / 2, image.width + missing_x,
                              image.height + missing_y),
                       side);
  }
  const int left = half_to_even(image.width - side), top = half_to_even(image.height - side);
  RgbImage out{side, side, {}};
  out.pixels.resize(std::size_t{3} * static_cast<std::size_t>(side) *
                    static_cast<std::size_t>(side));
  const auto row = std::ptrdiff_t{3} * side;
  for (int y = 0; y < side; ++y) {
    const auto from = std::ptrdiff_t{3} * (std::ptrdiff_t{image.width} * (y + top) + left);
    std::copy_n(image.pixels.begin() + from, row, out.pixels.begin() + row * y);
  }
  return out;
}

}  // namespace ersatz::data
