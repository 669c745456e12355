#include "models/conditional_gan_options.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::models {

void check(const ConditionalGanOptions& options) {
  const auto positive = [](const char* name, std::int64_t value) {
    if (value < 1) {
      throw core::Error::usage(fmt::format("conditional GAN: {} = {} is below 1", name, value));
    }
  };
  const auto share = [](const char* name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw core::Error::usage(
          fmt::format("conditional GAN: {} = {} is outside [0, 1)", name, value));
    }
  };
  positive("classes", options.classes);
  positive("label_dimensions", options.label_dimensions);
  positive("latent_dimensions", options.latent_dimensions);
  positive("generator_filters", options.generator_filters);
  positive("discriminator_filters", options.discriminator_filters);
  share("leakiness", options.leakiness);
  share("discriminator_dropout", options.discriminator_dropout);
}

}  // namespace ersatz::models
