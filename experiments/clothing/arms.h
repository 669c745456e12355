// The trainings of the experiment: the article's own, and those that its hypotheses are tested
// with, each of which changes one thing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "train/classifier_trainer.h"
#include "train/conditional_gan_trainer.h"

namespace ersatz::clothing {

inline constexpr const char* kArticle = "article";         // what the article did
inline constexpr const char* kBaseline = "baseline";       // the same with the comparison's size
inline constexpr const char* kForeground = "foreground";   // pictures with their background removed
inline constexpr const char* kLargeBatch = "large_batch";  // more pictures per update
inline constexpr const char* kHalfData = "half_data";      // a share of the pictures

// The baseline and the arms of the profile, in the order of the tables; empty without comparison.
std::vector<std::string> comparison_arms(const core::Config& config);

// All arms that a profile may name, and the baseline; those left out of this profile.
std::vector<std::string> arms_left_out(const core::Config& config);

// The article's generator of a replicate: replicates take the trainings in turn.
std::int64_t article_seed(const core::Config& config, std::int64_t seed);
// Seeds of the article's trainings.
std::vector<std::int64_t> article_seeds(const core::Config& config,
                                        const std::vector<std::int64_t>& seeds);

// How one arm trains on `images` pictures of which an epoch is counted.
struct ArmTraining {
  train::ConditionalGanTraining training;
  std::int64_t steps_per_epoch = 1;
};
ArmTraining arm_training(const core::Config& config, const std::string& arm, std::int64_t images);

train::ClassifierTraining classifier_training(const core::Config& config,
                                              const std::string& section);

// The settings that the training of an arm depends on.
core::Json arm_settings(const core::Config& config, const std::string& arm);

// "gan/article/seed-1", "samples/...", "measures/...".
std::string gan_stage(const std::string& arm, std::int64_t seed);
std::string samples_stage(const std::string& arm, std::int64_t seed);
std::string measures_stage(const std::string& arm, std::int64_t seed);

}  // namespace ersatz::clothing
