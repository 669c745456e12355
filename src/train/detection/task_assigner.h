// Which places of an anchor-free detector are to find which objects: task-aligned assignment (Feng
// et al. 2021, "TOOD", section 3.2) with Ultralytics' details.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "train/detection/detection_batches.h"

namespace ersatz::train {

struct AssignerOptions {
  std::int64_t top = 10;         // places of an object
  double alpha = 0.5, beta = 6;  // of score^alpha * overlap^beta
};

// Of A places of B pictures.
struct Assignment {
  torch::Tensor objects;  // int64 [B, A]: the object's number among the picture's; -1: none
  torch::Tensor weights;  // float32 [B, A]: what the score of its class is to be; 0 without object
};

// `scores` [B, A, classes] in [0, 1] and `boxes` [B, A, 4] in px, as predicted; `centres` [A, 2] in
// px (x, y). A place may find the objects inside whose boxes its centre lies. Of them, the `top` of
// each object by score^alpha * overlap^beta (complete overlap, at least 0) are its own; a place of
// several objects belongs to the one it overlaps most. An object's weights are its measures scaled
// such that the largest is its best overlap. Measures of 0 are never chosen; of equal ones the
// earlier place is. (Ultralytics adds 1e-9 to the largest measure, which an untrained network stays
// far below on objects much smaller than the boxes it begins with: their weights then are 0, and
// from random weights nothing is ever learnt. Here they are not.)
//
// On the CPU picture by picture, in time proportional to the places inside boxes; on other devices
// by tensor operations without waiting for the device. Without gradient.
Assignment assign_tasks(const torch::Tensor& scores, const torch::Tensor& boxes,
                        const torch::Tensor& centres, const DetectionTargets& targets,
                        const AssignerOptions& options = {});

// The two ways, for tests. (Equal measures are chosen among at random by the second.)
Assignment assign_tasks_by_loops(const torch::Tensor& scores, const torch::Tensor& boxes,
                                 const torch::Tensor& centres, const DetectionTargets& targets,
                                 const AssignerOptions& options);
Assignment assign_tasks_by_tensors(const torch::Tensor& scores, const torch::Tensor& boxes,
                                   const torch::Tensor& centres, const DetectionTargets& targets,
                                   const AssignerOptions& options);

}  // namespace ersatz::train
