#include "evaluate/classification_noise.h"

#include <vector>

#include "core/error.h"
#include "evaluate/distributions.h"

namespace ersatz::evaluate {

double macro_f1_sampling_variance(const ConfusionMatrix& matrix, double level) {
  if (matrix.total() == 0) throw core::Error::internal("the noise of a test without items");
  std::vector<int> present;
  for (int k = 0; k < matrix.classes(); ++k) {
    if (matrix.support(k) + matrix.predicted(k) > 0) present.push_back(k);
  }
  const std::size_t classes = present.size();
  if (classes < 2) return 0;  // nothing to confuse
  const double size = static_cast<double>(classes), z = normal_quantile(0.5 + level / 2);
  const double items = static_cast<double>(matrix.total()) + z * z;
  const double right = z * z / 2 / size, wrong = z * z / 2 / (size * (size - 1));

  std::vector<std::vector<double>> share(classes, std::vector<double>(classes));
  std::vector<double> either(classes, 0);  // of the class or taken for it, as f1's denominator
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = 0; j < classes; ++j) {
      const auto count = static_cast<double>(matrix.count(present[i], present[j]));
      share[i][j] = (count + (i == j ? right : wrong)) / items;
      either[i] += share[i][j];
      either[j] += share[i][j];
    }
  }
  // With f1_k = 2 share_kk / either_k, an item in cell i, j adds to the mean of f1 its derivative.
  double first = 0, second = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = 0; j < classes; ++j) {
      double gradient = i == j ? 2 / either[i] : 0;
      for (const std::size_t k : {i, j}) gradient -= 2 * share[k][k] / (either[k] * either[k]);
      gradient /= size;
      first += share[i][j] * gradient;
      second += share[i][j] * gradient * gradient;
    }
  }
  return (second - first * first) / items;
}

}  // namespace ersatz::evaluate
