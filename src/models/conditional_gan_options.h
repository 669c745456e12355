// Sizes of the conditional GAN (models/conditional_gan_generator.h and _discriminator.h).
#pragma once

#include <cstdint>

namespace ersatz::models {

inline constexpr std::int64_t kConditionalGanSide = 28;  // px, height and width of the pictures

// The defaults are those of the tutorial that the clothing article follows (J. Brownlee, "How to
// develop a conditional GAN from scratch", machinelearningmastery.com): 1,169,336 parameters of the
// generator and 196,773 of the discriminator with ten classes.
struct ConditionalGanOptions {
  std::int64_t classes = 10;
  std::int64_t label_dimensions = 50;    // of the embedding of a class, in either network
  std::int64_t latent_dimensions = 100;  // standard normal
  std::int64_t generator_filters = 128;
  std::int64_t discriminator_filters = 128;
  double leakiness = 0.2;              // slope of the leaky ReLU below 0
  double discriminator_dropout = 0.4;  // probability of dropping a feature before the last layer
};

// Throws Error::usage for sizes below 1 and for a leakiness or dropout outside [0, 1).
void check(const ConditionalGanOptions& options);

// Lists every option once, for writing and for reading weight files (models/options_metadata.h).
template <typename Options, typename Visit>
void visit_options(Options& options, Visit&& visit) {
  visit("classes", options.classes);
  visit("label_dimensions", options.label_dimensions);
  visit("latent_dimensions", options.latent_dimensions);
  visit("generator_filters", options.generator_filters);
  visit("discriminator_filters", options.discriminator_filters);
  visit("leakiness", options.leakiness);
  visit("discriminator_dropout", options.discriminator_dropout);
}

}  // namespace ersatz::models
