#include "evaluate/symmetric_eigen.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"

namespace ersatz::evaluate {
namespace {

constexpr int kMostSweeps = 60;  // some ten are enough

double off_diagonal(const std::vector<double>& a, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) sum += a[i * n + j] * a[i * n + j];
  }
  return sum;
}

// Turns rows p and q of `m` into each other by the angle with this sine and cosine.
void rotate_rows(std::vector<double>& m, std::size_t n, std::size_t p, std::size_t q, double sine,
                 double cosine) {
  double* x = m.data() + p * n;
  double* y = m.data() + q * n;
  for (std::size_t i = 0; i < n; ++i) {
    const double a = x[i], b = y[i];
    x[i] = cosine * a - sine * b;
    y[i] = sine * a + cosine * b;
  }
}

void rotate_columns(std::vector<double>& m, std::size_t n, std::size_t p, std::size_t q,
                    double sine, double cosine) {
  for (std::size_t i = 0; i < n; ++i) {
    double& x = m[i * n + p];
    double& y = m[i * n + q];
    const double a = x, b = y;
    x = cosine * a - sine * b;
    y = sine * a + cosine * b;
  }
}

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::int64_t n) {
  const auto size = static_cast<std::size_t>(n);
  if (n < 1 || matrix.size() != size * size) {
    throw core::Error::internal(
        fmt::format("{} numbers for a matrix of {} rows", matrix.size(), n));
  }
  double total = 0;
  for (const double value : matrix) total += value * value;
  if (!std::isfinite(total)) throw core::Error::numeric("a matrix", "its eigenvalues");
  SymmetricEigen result;
  result.vectors.assign(size * size, 0);
  for (std::size_t i = 0; i < size; ++i) result.vectors[i * size + i] = 1;
  for (int sweep = 0; sweep < kMostSweeps && off_diagonal(matrix, size) > 1e-30 * total; ++sweep) {
    for (std::size_t p = 0; p < size; ++p) {
      for (std::size_t q = p + 1; q < size; ++q) {
        const double apq = matrix[p * size + q];
        if (apq * apq <= 1e-36 * total) continue;
        const double theta = (matrix[q * size + q] - matrix[p * size + p]) / (2 * apq);
        const double tangent =
            (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double cosine = 1 / std::sqrt(tangent * tangent + 1), sine = tangent * cosine;
        rotate_rows(matrix, size, p, q, sine, cosine);
        rotate_columns(matrix, size, p, q, sine, cosine);
        rotate_rows(result.vectors, size, p, q, sine, cosine);
      }
    }
  }
  for (std::size_t i = 0; i < size; ++i) result.values.push_back(matrix[i * size + i]);
  return result;
}

}  // namespace ersatz::evaluate
