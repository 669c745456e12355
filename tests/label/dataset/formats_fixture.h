// Labelled datasets at random, and what it means that one is another again.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "label/dataset/labelled_dataset.h"
#include "support/test_support.h"

namespace ersatz::label {

class Formats : public ::testing::Test {
 protected:
  // Pictures of different sizes with star-shaped objects anywhere; one without any. Their files are
  // in `images` of the folder.
  LabelledDataset random_dataset(std::uint64_t seed);

  // The same pictures and objects: boxes within half a pixel, outlines by their masks.
  static void expect_same(const LabelledDataset& wanted, const LabelledDataset& read,
                          bool outlines);
  // Details of pictures, and scores, origins and crowds of objects.
  static void expect_same_records(const LabelledDataset& wanted, const LabelledDataset& read);

  test::TemporaryFolder folder_;
};

}  // namespace ersatz::label
