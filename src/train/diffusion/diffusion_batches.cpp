#include "train/diffusion/diffusion_batches.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "compute/random_rows.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/suggest.h"
#include "models/diffusion/autoencoder.h"

namespace ersatz::train {

namespace {

void check(const LatentCache& cache, const std::vector<std::int64_t>& empty_caption,
           const DiffusionBatchOptions& options) {
  if (options.step_size < 1 || options.timesteps < 1) {
    throw core::Error::usage("a diffusion training needs samples in every step, and timesteps");
  }
  if (!(options.caption_dropout >= 0 && options.caption_dropout <= 1)) {
    throw core::Error::usage(fmt::format("the share of empty captions must lie in [0, 1], not {}",
                                         options.caption_dropout));
  }
  if (static_cast<std::int64_t>(empty_caption.size()) != cache.tokens()) {
    throw core::Error::internal(fmt::format("an empty caption of {} ids, {} are needed",
                                            empty_caption.size(), cache.tokens()));
  }
}

}  // namespace

TimestepSampling parse_timestep_sampling(std::string_view text) {
  if (text == "uniform") return TimestepSampling::kUniform;
  if (text == "stratified") return TimestepSampling::kStratified;
  throw core::unknown_name("timestep sampling", text, {"uniform", "stratified"});
}

std::string_view timestep_sampling_name(TimestepSampling sampling) {
  return sampling == TimestepSampling::kUniform ? "uniform" : "stratified";
}

DiffusionBatches::DiffusionBatches(const LatentCache& cache,
                                   std::vector<std::int64_t> empty_caption,
                                   const DiffusionBatchOptions& options, std::uint64_t seed)
    : cache_(cache),
      empty_caption_(std::move(empty_caption)),
      options_(options),
      seed_(seed),
      order_(cache.size(), seed, "diffusion/pictures") {
  check(cache, empty_caption_, options);
}

// Where in [0, 1) each sample of a step has its timestep; empty when they are independent.
std::vector<double> DiffusionBatches::strata(std::int64_t step) const {
  if (options_.sampling == TimestepSampling::kUniform) return {};
  core::Stream random(seed_, "diffusion/strata", static_cast<std::uint64_t>(step));
  const double shift = random.uniform_double();
  std::vector<double> places;
  for (const std::int64_t part : core::permutation(options_.step_size, random)) {
    places.push_back((static_cast<double>(part) + shift) / static_cast<double>(options_.step_size));
  }
  return places;
}

DiffusionBatches::Choice DiffusionBatches::choose(std::int64_t sample, std::int64_t picture,
                                                  double stratum) const {
  core::Stream random(seed_, "diffusion/choices", static_cast<std::uint64_t>(sample));
  const double place = stratum < 0 ? random.uniform_double() : stratum;
  const auto timestep = static_cast<std::int64_t>(place * static_cast<double>(options_.timesteps));
  const bool empty = random.uniform_double() < options_.caption_dropout;
  const auto caption =
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(cache_.captions(picture))));
  const bool mirrored = random.below(2) == 1 && cache_.has_mirror(picture);
  return {picture, caption, std::min(timestep, options_.timesteps - 1), empty, mirrored};
}

DiffusionBatch DiffusionBatches::batch(std::int64_t step, std::int64_t first, std::int64_t count) {
  const std::int64_t sample = step * options_.step_size + first;
  std::vector<std::int64_t> shape = {count};
  shape.insert(shape.end(), cache_.shape().begin(), cache_.shape().end());
  const torch::Tensor mean = torch::empty(shape), log_variance = torch::empty(shape);
  DiffusionBatch batch;
  batch.timesteps = torch::empty({count}, torch::kInt64);
  batch.ids = torch::empty({count, cache_.tokens()}, torch::kInt64);
  const std::vector<double> places = strata(step);
  const std::vector<std::int64_t> pictures = order_.batch(step, options_.step_size);
  const std::int64_t width = count > 0 ? mean.numel() / count : 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(first + i);
    const Choice choice =
        choose(sample + i, pictures.at(at), places.empty() ? -1.0 : places.at(at));
    cache_.latent(choice.picture, choice.mirrored, mean.data_ptr<float>() + i * width,
                  log_variance.data_ptr<float>() + i * width);
    std::int64_t* ids = batch.ids.data_ptr<std::int64_t>() + i * cache_.tokens();
    if (choice.empty_caption) {
      std::copy(empty_caption_.begin(), empty_caption_.end(), ids);
    } else {
      cache_.ids(choice.picture, choice.caption, ids);
    }
    batch.timesteps.data_ptr<std::int64_t>()[i] = choice.timestep;
  }
  const auto row = static_cast<std::uint64_t>(sample);
  const models::LatentDistribution latent{mean, log_variance};
  batch.latents =
      latent.sample(compute::normal_rows(count, cache_.shape(), seed_, "diffusion/latents", row)) *
      cache_.scaling_factor();
  batch.noise = compute::normal_rows(count, cache_.shape(), seed_, "diffusion/noise", row);
  return batch;
}

}  // namespace ersatz::train
