#include "evaluate/classification.h"

#include <fmt/format.h>

#include <cstddef>

#include "core/error.h"

namespace ersatz::evaluate {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(int classes) : classes_(classes) {
  if (classes < 1) throw core::Error::internal(fmt::format("a classifier of {} classes", classes));
  counts_.assign(static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes), 0);
}

std::size_t ConfusionMatrix::index(int truth, int prediction) const {
  if (truth < 0 || truth >= classes_ || prediction < 0 || prediction >= classes_) {
    throw core::Error::internal(
        fmt::format("truth {} and prediction {} of {} classes", truth, prediction, classes_));
  }
  return static_cast<std::size_t>(truth) * static_cast<std::size_t>(classes_) +
         static_cast<std::size_t>(prediction);
}

void ConfusionMatrix::add(int truth, int prediction, std::int64_t items) {
  if (items < 0) throw core::Error::internal(fmt::format("{} items of a class", items));
  counts_[index(truth, prediction)] += items;
  total_ += items;
}

std::int64_t ConfusionMatrix::count(int truth, int prediction) const {
  return counts_[index(truth, prediction)];
}

std::int64_t ConfusionMatrix::support(int truth) const {
  std::int64_t sum = 0;
  for (int j = 0; j < classes_; ++j) sum += count(truth, j);
  return sum;
}

std::int64_t ConfusionMatrix::predicted(int prediction) const {
  std::int64_t sum = 0;
  for (int i = 0; i < classes_; ++i) sum += count(i, prediction);
  return sum;
}

double ConfusionMatrix::accuracy() const {
  std::int64_t right = 0;
  for (int i = 0; i < classes_; ++i) right += count(i, i);
  return ratio(right, total_);
}

double ConfusionMatrix::precision(int of_class) const {
  return ratio(count(of_class, of_class), predicted(of_class));
}

double ConfusionMatrix::recall(int of_class) const {
  return ratio(count(of_class, of_class), support(of_class));
}

double ConfusionMatrix::f1(int of_class) const {
  return ratio(2 * count(of_class, of_class), support(of_class) + predicted(of_class));
}

double ConfusionMatrix::macro(double (ConfusionMatrix::*score)(int) const, MacroOver over) const {
  double sum = 0;
  int averaged = 0;
  for (int k = 0; k < classes_; ++k) {
    if (over == MacroOver::kPresent && support(k) + predicted(k) == 0) continue;
    sum += (this->*score)(k);
    ++averaged;
  }
  return averaged == 0 ? 0 : sum / averaged;
}

double ConfusionMatrix::macro_precision(MacroOver over) const {
  return macro(&ConfusionMatrix::precision, over);
}

double ConfusionMatrix::macro_recall(MacroOver over) const {
  return macro(&ConfusionMatrix::recall, over);
}

double ConfusionMatrix::macro_f1(MacroOver over) const { return macro(&ConfusionMatrix::f1, over); }

ConfusionMatrix confusion_matrix(const std::vector<int>& truth, const std::vector<int>& prediction,
                                 int classes) {
  if (truth.size() != prediction.size()) {
    throw core::Error::internal(
        fmt::format("{} labels and {} predictions", truth.size(), prediction.size()));
  }
  ConfusionMatrix matrix(classes);
  for (std::size_t i = 0; i < truth.size(); ++i) matrix.add(truth[i], prediction[i]);
  return matrix;
}

}  // namespace ersatz::evaluate
