#include "data/scenes/render/convolution.h"

#include <cmath>
#include <cstddef>

#include "data/scenes/render/vector_clones.h"

namespace ersatz::data::scenes {
namespace {

ERSATZ_VECTOR_CLONES
void scale(float* to, const float* from, float weight, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = weight * from[i];
}

ERSATZ_VECTOR_CLONES
void add_scaled(float* sum, const float* a, const float* b, float weight, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += weight * (a[i] + b[i]);
}

}  // namespace

Kernel gaussian(float sd) {
  const int radius = sd < 0.15F ? 0 : std::max(1, static_cast<int>(std::ceil(2.4F * sd)));
  Kernel kernel(static_cast<std::size_t>(radius + 1), 1);
  float sum = 1;
  for (std::size_t i = 1; i < kernel.size(); ++i) {
    kernel[i] = std::exp(-0.5F * square(static_cast<float>(i) / sd));
    sum += 2 * kernel[i];
  }
  for (float& weight : kernel) weight /= sum;
  return kernel;
}

Kernel sharpened_gaussian(float sd, float strength) {
  const Kernel kernel = gaussian(sd);
  if (strength <= 0) return kernel;
  const Kernel wider = gaussian(std::sqrt(square(sd) + square(0.9F)));
  Kernel result(std::max(kernel.size(), wider.size()), 0);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (i < kernel.size()) result[i] += (1 + strength) * kernel[i];
    if (i < wider.size()) result[i] -= strength * wider[i];
  }
  return result;
}

void convolve(Recycled<Rgb>& light, int width, int height, const Kernel& kernel) {
  if (kernel.size() < 2) return;
  const std::size_t radius = kernel.size() - 1;
  const auto w = static_cast<std::size_t>(width);
  Recycled<Rgb> rows(light.size());
  // A row as floats, continued on both sides, so that neighbours are a fixed distance apart.
  std::vector<float> line((w + 2 * radius) * 3);
  for (int y = 0; y < height; ++y) {
    const Rgb* from = &light[static_cast<std::size_t>(y) * w];
    for (std::size_t i = 0; i < w + 2 * radius; ++i) {
      const Rgb c = from[std::min(w - 1, i < radius ? 0 : i - radius)];
      line[3 * i] = c.x;
      line[3 * i + 1] = c.y;
      line[3 * i + 2] = c.z;
    }
    float* to = &rows[static_cast<std::size_t>(y) * w].x;
    const float* middle = &line[3 * radius];
    scale(to, middle, kernel[0], 3 * w);
    for (std::size_t k = 1; k <= radius; ++k) {
      add_scaled(to, middle - 3 * k, middle + 3 * k, kernel[k], 3 * w);
    }
  }
  const auto row = [&](int y) {
    return &rows[static_cast<std::size_t>(std::min(height - 1, std::max(0, y))) * w].x;
  };
  for (int y = 0; y < height; ++y) {
    float* to = &light[static_cast<std::size_t>(y) * w].x;
    scale(to, row(y), kernel[0], 3 * w);
    for (std::size_t k = 1; k <= radius; ++k) {
      const int away = static_cast<int>(k);
      add_scaled(to, row(y - away), row(y + away), kernel[k], 3 * w);
    }
  }
}

}  // namespace ersatz::data::scenes
