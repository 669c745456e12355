// Divides a labelled set in two so that both parts have its mixture of classes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::data {

struct Split {
  std::vector<std::int64_t> train, validation;  // indices, each in random order
};

// scikit-learn's train_test_split(test_size=validation_share, stratify=labels, shuffle=True):
// ceil(share * n) photos validate, and each class is represented in both parts as
// StratifiedShuffleSplit counts it (the largest remainders are rounded up). Which of several equal
// remainders that is, and which photos of a class are drawn, comes from our own random numbers: the
// counts agree with scikit-learn's, the permutation does not. Depends on labels, share and seed
// only.
//
// Stricter than scikit-learn, which only wants two photos of each class: Error::usage (exit 2) when
// a class would have no photo in one of the parts, naming it (by `classes`) and the number it
// needs; and for a share outside (0, 1).
Split stratified_split(const std::vector<std::uint8_t>& labels, double validation_share,
                       std::uint64_t seed, const std::vector<std::string>& classes);

}  // namespace ersatz::data
