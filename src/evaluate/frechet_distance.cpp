#include "evaluate/frechet_distance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "evaluate/symmetric_eigen.h"

namespace ersatz::evaluate {
namespace {

using Matrix = std::vector<double>;  // [n, n]

Matrix product(const Matrix& a, const Matrix& b, std::size_t n) {
  Matrix c(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      const double factor = a[i * n + k];
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += factor * b[k * n + j];
    }
  }
  return c;
}

Matrix square_root(const Matrix& a, std::size_t n) {
  const SymmetricEigen eigen = symmetric_eigen(a, static_cast<std::int64_t>(n));
  Matrix root(n * n, 0);
  for (std::size_t k = 0; k < n; ++k) {
    const double value = std::sqrt(std::max(0.0, eigen.values[k]));
    const double* v = eigen.vectors.data() + k * n;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) root[i * n + j] += value * v[i] * v[j];
    }
  }
  return root;
}

double trace(const Matrix& a, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i * n + i];
  return sum;
}

}  // namespace

Gaussian fit_gaussian(const std::vector<float>& features, std::int64_t width) {
  const auto columns = static_cast<std::size_t>(std::max<std::int64_t>(width, 1));
  const std::size_t rows = features.size() / columns;
  if (width < 1 || features.size() % columns != 0 || rows < 2) {
    throw core::Error::internal(
        fmt::format("{} features of width {} for a covariance", features.size(), width));
  }
  Gaussian fit;
  fit.width = width;
  fit.mean.assign(columns, 0);
  for (std::size_t i = 0; i < features.size(); ++i) {
    fit.mean[i % columns] += static_cast<double>(features[i]);
  }
  for (double& value : fit.mean) value /= static_cast<double>(rows);
  fit.covariance.assign(columns * columns, 0);
  std::vector<double> centred(columns);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < columns; ++i) {
      centred[i] = static_cast<double>(features[row * columns + i]) - fit.mean[i];
    }
    for (std::size_t i = 0; i < columns; ++i) {
      double* to = fit.covariance.data() + i * columns;
      for (std::size_t j = 0; j < columns; ++j) to[j] += centred[i] * centred[j];
    }
  }
  for (double& value : fit.covariance) value /= static_cast<double>(rows - 1);
  for (const double value : fit.covariance) {
    if (!std::isfinite(value)) throw core::Error::numeric("a feature", "a covariance");
  }
  return fit;
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  const auto n = static_cast<std::size_t>(a.width);
  if (a.width != b.width || a.mean.size() != n || b.mean.size() != n ||
      a.covariance.size() != n * n || b.covariance.size() != n * n) {
    throw core::Error::internal(
        fmt::format("features of width {} beside features of width {}", a.width, b.width));
  }
  double distance = trace(a.covariance, n) + trace(b.covariance, n);
  for (std::size_t i = 0; i < n; ++i) {
    distance += (a.mean[i] - b.mean[i]) * (a.mean[i] - b.mean[i]);
  }
  const Matrix root = square_root(a.covariance, n);
  const SymmetricEigen eigen =
      symmetric_eigen(product(root, product(b.covariance, root, n), n), a.width);
  for (const double value : eigen.values) distance -= 2 * std::sqrt(std::max(0.0, value));
  return distance;
}

}  // namespace ersatz::evaluate
