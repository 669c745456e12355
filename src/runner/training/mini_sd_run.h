// `ersatz train mini-sd`: from a recipe to a model in diffusers' layout.
#pragma once

#include <filesystem>

#include "compute/ranks/rank_group.h"
#include "core/ranks.h"
#include "runner/training/train_options.h"

namespace ersatz::runner {

// Runs the stages of the recipe, reusing and continuing what is there, and leaves the model in the
// run's folder (model/) and in options.out, if given. Errors: Error::usage (exit 2) for mistakes in
// the recipe or an `out` that holds something else than a model; what stages throw; Interrupted
// (130, 143), after which the same command continues.
//
// Of several ranks (docs/ranks.md) all call it; rank 0 does all of this, the others compute their
// share of the diffusion training.
void run_mini_sd(const TrainOptions& options, const core::Ranks& ranks, compute::RankGroup* group);

// Puts the finished model in `model` into `target`, in one step; files of `target` that are no part
// of a model (recipes) stay. Error::usage when `target` holds neither a model nor a recipe.
void install_model(const std::filesystem::path& model, const std::filesystem::path& target);
void check_install_target(const std::filesystem::path& target);

}  // namespace ersatz::runner
