// Accuracy, precision, recall and F1 of a classifier, equal to scikit-learn's with zero_division=0.
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::evaluate {

// Which classes a macro average runs over.
enum class MacroOver {
  kPresent,  // classes that occur in truth or prediction: scikit-learn's default
  kAll,      // every class, absent ones counting as 0: labels=range(classes)
};

class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int classes);  // Error::internal when < 1

  // Classes in [0, classes). Error::internal outside, and for fewer than no items.
  void add(int truth, int prediction, std::int64_t items = 1);

  int classes() const { return classes_; }
  std::int64_t count(int truth, int prediction) const;
  std::int64_t total() const { return total_; }
  std::int64_t support(int truth) const;         // items of this class
  std::int64_t predicted(int prediction) const;  // items predicted as this class

  // In [0, 1]; 0 where the denominator is 0.
  double accuracy() const;
  double precision(int of_class) const;
  double recall(int of_class) const;
  double f1(int of_class) const;

  double macro_precision(MacroOver over = MacroOver::kPresent) const;
  double macro_recall(MacroOver over = MacroOver::kPresent) const;
  double macro_f1(MacroOver over = MacroOver::kPresent) const;

 private:
  std::size_t index(int truth, int prediction) const;
  double macro(double (ConfusionMatrix::*score)(int) const, MacroOver over) const;

  int classes_;
  std::int64_t total_ = 0;
  std::vector<std::int64_t> counts_;  // [truth, prediction]
};

// Error::internal when the sizes differ.
ConfusionMatrix confusion_matrix(const std::vector<int>& truth, const std::vector<int>& prediction,
                                 int classes);

}  // namespace ersatz::evaluate
