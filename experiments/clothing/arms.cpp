#include "arms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/config_checks.h"
#include "core/suggest.h"

namespace ersatz::clothing {

std::vector<std::string> comparison_arms(const core::Config& config) {
  const std::vector<std::string> known = {kForeground, kLargeBatch, kHalfData};
  std::vector<std::string> arms;
  for (const std::string& arm : core::distinct_strings(config, "comparison.arms")) {
    if (std::find(known.begin(), known.end(), arm) == known.end()) {
      throw core::unknown_name("arm of the comparison", arm, known);
    }
    if (arms.empty()) arms.emplace_back(kBaseline);
    arms.push_back(arm);
  }
  return arms;
}

std::vector<std::string> arms_left_out(const core::Config& config) {
  const std::vector<std::string> chosen = comparison_arms(config);
  std::vector<std::string> left_out;
  for (const char* arm : {kBaseline, kForeground, kLargeBatch, kHalfData}) {
    if (std::find(chosen.begin(), chosen.end(), arm) == chosen.end()) left_out.emplace_back(arm);
  }
  return left_out;
}

std::int64_t article_seed(const core::Config& config, std::int64_t seed) {
  const std::int64_t first = config.get_int("seed");
  return first + (seed - first) % core::int_within(config, "gan.trainings", 1);
}

std::vector<std::int64_t> article_seeds(const core::Config& config,
                                        const std::vector<std::int64_t>& seeds) {
  std::vector<std::int64_t> chosen;
  for (const std::int64_t seed : seeds) {
    const std::int64_t own = article_seed(config, seed);
    if (std::find(chosen.begin(), chosen.end(), own) == chosen.end()) chosen.push_back(own);
  }
  return chosen;
}

ArmTraining arm_training(const core::Config& config, const std::string& arm, std::int64_t images) {
  ArmTraining result;
  train::ConditionalGanTraining& training = result.training;
  models::ConditionalGanOptions& network = training.network;
  network.classes = static_cast<std::int64_t>(config.get_strings("data.classes").size());
  network.label_dimensions = config.get_int("gan.label_dimensions");
  network.latent_dimensions = config.get_int("gan.latent_dimensions");
  network.leakiness = config.get_float("gan.leakiness");
  network.discriminator_dropout = config.get_float("gan.dropout");
  training.batch_size = config.get_int("gan.batch_size");
  training.beta1 = config.get_float("gan.beta1");
  const char* section = arm == kArticle ? "gan" : "comparison";
  training.learning_rate = config.get_float(fmt::format("{}.learning_rate", section));
  const auto own = [&](const char* key) {
    return config.get_int(fmt::format("{}.{}", section, key));
  };
  network.generator_filters = own("generator_filters");
  network.discriminator_filters = own("discriminator_filters");
  const std::int64_t epochs = own("epochs");
  if (arm == kLargeBatch) training.batch_size = config.get_int("comparison.large_batch");
  // Half the data gets as many updates as the whole.
  result.steps_per_epoch = train::batches_per_epoch(images, training.batch_size);
  training.steps = epochs * result.steps_per_epoch;
  return result;
}

train::ClassifierTraining classifier_training(const core::Config& config,
                                              const std::string& section) {
  const auto key = [&](const char* name) { return fmt::format("{}.{}", section, name); };
  train::ClassifierTraining training;
  training.network.conv1_filters = config.get_int(key("conv1_filters"));
  training.network.conv2_filters = config.get_int(key("conv2_filters"));
  training.network.hidden_units = config.get_int(key("hidden_units"));
  training.network.dropout = config.get_float(key("dropout"));
  training.network.classes = static_cast<std::int64_t>(config.get_strings("data.classes").size());
  training.steps = config.get_int(key("steps"));
  training.batch_size = config.get_int(key("batch_size"));
  training.learning_rate.kind = train::parse_schedule_kind(config.get_string(key("schedule")));
  training.learning_rate.base = config.get_float(key("learning_rate"));
  return training;
}

core::Json arm_settings(const core::Config& config, const std::string& arm) {
  core::Json settings = config.slice({"gan.", "data.classes"});
  settings.erase("gan.trainings");
  settings["arm"] = arm;
  if (arm == kArticle) return settings;
  for (const char* key : {"gan.epochs", "gan.learning_rate", "gan.generator_filters",
                          "gan.discriminator_filters", "gan.snapshots"}) {
    settings.erase(key);
  }
  settings.update(
      config.slice({"comparison.epochs", "comparison.learning_rate", "comparison.generator_filters",
                    "comparison.discriminator_filters"}));
  if (arm == kLargeBatch) settings.update(config.slice({"comparison.large_batch"}));
  if (arm == kHalfData) settings.update(config.slice({"comparison.share", "seed"}));
  return settings;
}

std::string gan_stage(const std::string& arm, std::int64_t seed) {
  return fmt::format("gan/{}/seed-{}", arm, seed);
}

std::string samples_stage(const std::string& arm, std::int64_t seed) {
  return fmt::format("samples/{}/seed-{}", arm, seed);
}

std::string measures_stage(const std::string& arm, std::int64_t seed) {
  return fmt::format("measures/{}/seed-{}", arm, seed);
}

}  // namespace ersatz::clothing
