#include "sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/config_checks.h"
#include "core/error.h"
#include "core/philox.h"

namespace ersatz::mnist {

std::vector<Ratio> ratios(const core::Config& config) {
  const std::int64_t unit = core::int_within(config, "sweep.images_per_thousandth", 1, 1'000'000);
  std::vector<Ratio> all;
  for (const std::int64_t thousandths : core::distinct_ints(config, "sweep.ratios")) {
    if (thousandths < 1 || thousandths > 999) {
      throw core::Error::usage(fmt::format("sweep.ratios: {} is not in 1..999", thousandths));
    }
    all.push_back({thousandths, unit * thousandths, unit * (1000 - thousandths)});
  }
  return all;
}

bool gan_is_trained_at(const core::Config& config, const Ratio& ratio) {
  const auto at = config.get_ints("sweep.gan_ratios");
  return std::find(at.begin(), at.end(), ratio.thousandths) != at.end();
}

train::ClassifierTraining classifier_training(const core::Config& config) {
  train::ClassifierTraining training;
  training.network.conv1_filters = config.get_int("classifier.conv1_filters");
  training.network.conv2_filters = config.get_int("classifier.conv2_filters");
  training.network.hidden_units = config.get_int("classifier.hidden_units");
  training.network.dropout = config.get_float("classifier.dropout");
  training.steps = config.get_int("classifier.steps");
  training.batch_size = config.get_int("classifier.batch_size");
  training.learning_rate.kind =
      train::parse_schedule_kind(config.get_string("classifier.schedule"));
  training.learning_rate.base = config.get_float("classifier.learning_rate");
  return training;
}

train::PixelDaTraining gan_training(const core::Config& config) {
  train::PixelDaTraining training;
  models::PixelDaOptions& network = training.network;
  network.generator_filters = config.get_int("gan.generator_filters");
  network.residual_blocks = config.get_int("gan.residual_blocks");
  network.noise_dimensions = config.get_int("gan.noise_dimensions");
  network.discriminator_filters = config.get_int("gan.discriminator_filters");
  network.discriminator_keep = config.get_float("gan.discriminator_keep");
  network.discriminator_noise = config.get_float("gan.discriminator_noise");
  network.task_filters = config.get_int("gan.task_filters");
  network.task_private_layers = config.get_int("gan.task_private_layers");
  network.task_hidden_units = config.get_int("gan.task_hidden_units");
  network.task_dropout = config.get_float("gan.task_dropout");
  network.batch_norm_decay = config.get_float("gan.batch_norm_decay");
  training.steps = config.get_int("gan.steps");
  training.batch_size = config.get_int("gan.batch_size");
  training.learning_rate = {
      train::ScheduleKind::kExponential, config.get_float("gan.learning_rate"),
      config.get_float("gan.decay_rate"), core::int_within(config, "gan.decay_every", 1), 0};
  training.beta1 = config.get_float("gan.beta1");
  training.gradient_clip = config.get_float("gan.gradient_clip");
  training.weight_decay = config.get_float("gan.weight_decay");
  training.domain_weight = config.get_float("gan.domain_weight");
  training.style_weight = config.get_float("gan.style_weight");
  training.source_task_weight = config.get_float("gan.source_task_weight");
  training.transferred_task_weight = config.get_float("gan.transferred_task_weight");
  training.generator_task_weight = config.get_float("gan.generator_task_weight");
  training.similarity_weight = config.get_float("gan.similarity_weight");
  return training;
}

data::LabelledImages draw(const data::LabelledImages& set, std::int64_t count, std::uint64_t seed,
                          std::int64_t draw_index, const std::string& name) {
  const auto available = static_cast<std::int64_t>(set.size());
  if (count > available) {
    throw core::Error::usage(
        fmt::format("the sweep asks for {} {} images, there are {}", count, name, available),
        "lower sweep.images_per_thousandth, or raise the size of the set");
  }
  const core::Stream stream(seed, fmt::format("draw/{}/{}", name, count),
                            static_cast<std::uint64_t>(draw_index));
  std::vector<std::int64_t> order = core::permutation(available, stream);
  order.resize(static_cast<std::size_t>(count));
  return data::select(set, order);
}

std::pair<data::LabelledImages, data::LabelledImages> hold_out(const data::LabelledImages& set,
                                                               double fraction) {
  const auto held =
      static_cast<std::size_t>(std::llround(fraction * static_cast<double>(set.size())));
  const std::size_t kept = set.size() - std::min(held, set.size());
  return {data::slice(set, 0, kept), data::slice(set, kept, set.size())};
}

}  // namespace ersatz::mnist
