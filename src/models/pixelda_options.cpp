#include "models/pixelda_options.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::models {

void check(const PixelDaOptions& options) {
  const auto at_least = [](const char* name, std::int64_t value, std::int64_t least) {
    if (value < least) {
      throw core::Error::usage(fmt::format("PixelDA: {} = {} is below {}", name, value, least));
    }
  };
  const auto within = [](const char* name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw core::Error::usage(
          fmt::format("PixelDA: {} = {} is outside [{}, {}]", name, value, low, high));
    }
  };
  at_least("image_size", options.image_size, 8);
  at_least("classes", options.classes, 2);
  at_least("generator_filters", options.generator_filters, 1);
  at_least("residual_blocks", options.residual_blocks, 0);
  at_least("noise_dimensions", options.noise_dimensions, 1);
  at_least("discriminator_filters", options.discriminator_filters, 1);
  at_least("task_filters", options.task_filters, 1);
  at_least("task_private_layers", options.task_private_layers, 0);
  at_least("task_hidden_units", options.task_hidden_units, 1);
  within("discriminator_keep", options.discriminator_keep, 0.01, 1);
  within("discriminator_noise", options.discriminator_noise, 0, 100);
  within("leakiness", options.leakiness, 0, 1);
  within("task_dropout", options.task_dropout, 0, 0.99);
  within("batch_norm_decay", options.batch_norm_decay, 0, 1);
  within("initial_deviation", options.initial_deviation, 0, 100);
}

}  // namespace ersatz::models
