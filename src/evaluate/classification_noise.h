// What the choice of test items alone does to the scores of a classifier that are no proportions.
#pragma once

#include "evaluate/classification.h"
#include "evaluate/statistics.h"

namespace ersatz::evaluate {

// Variance of the macro F1 over the classes present (scale [0, 1]) when as many test items are
// drawn anew, by the delta method for multinomial counts (K. Takahashi et al., "Confidence interval
// for micro-averaged F1 and macro-averaged F1 scores", Applied Intelligence 52, 2022). As in
// sampling_variance (statistics.h), z^2 / 2 items that are right and as many that are wrong are
// added first, spread over the cells of the matrix evenly, so that a classifier without errors does
// not claim certainty. Error::internal when the matrix holds no items.
double macro_f1_sampling_variance(const ConfusionMatrix& matrix, double level = kLevel);

}  // namespace ersatz::evaluate
