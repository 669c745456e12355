// Moments for normalisations whose weight file had them folded into the convolutions.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>

#include "models/detection/detector.h"
#include "models/detection/detector_weights.h"

namespace ersatz::train {

// An unfolded normalisation (`taken.unfolded`) has mean 0 and variance 1 instead of the moments it
// was trained with, which the file does not have. Training normalises by the batch's, which would
// change what the network computes at once. So the moments m, v of what each of them is given are
// taken over batches `images(0)` ... `images(batches - 1)` (float32 [B, 3, H, W] as for maps(), on
// the network's device) and become its running ones, with its weight multiplied by
// sqrt((v + epsilon) / (running variance + epsilon)) and its bias moved likewise: in evaluation the
// network computes what it did, and in training, on such pictures, nearly the same.
//
// A normalisation that was drawn, like those of a class branch of another width, normalises by the
// moments of each batch meanwhile, as it will in training, and then by those of all. Others keep
// theirs. Leaves the network in evaluation mode. Error::usage when there is no batch.
void calibrate_norms(models::Detector& network, const models::TakenWeights& taken,
                     std::int64_t batches,
                     const std::function<torch::Tensor(std::int64_t)>& images);

}  // namespace ersatz::train
