#include "train/diffusion/autoencoder_trainer.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compute/seeding.h"
#include "compute/torch_device.h"
#include "compute/torch_shim.h"
#include "core/error.h"
#include "models/diffusion/autoencoder.h"
#include "models/diffusion/autoencoder_folder.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/trainable.h"
#include "models/module_state.h"
#include "train/adamw.h"
#include "train/diffusion/autoencoder_quality.h"
#include "train/diffusion/image_batches.h"
#include "train/finite.h"
#include "train/parted_update.h"
#include "train/shared_settings.h"
#include "train/training_loop.h"

namespace ersatz::train {

namespace {

constexpr const char* kNetwork = "network/";
constexpr const char* kOptimiser = "adam/";
constexpr const char* kAverage = "ema/";

void check(const AutoencoderTraining& training) {
  const auto require = [](bool condition, const std::string& message) {
    if (!condition) throw core::Error::usage(message);
  };
  require(training.steps >= 1 && training.batch_size >= 1,
          "the autoencoder needs at least one step and one picture per batch");
  const std::int64_t factor = training.network.factor();
  require(training.side >= factor && training.side % factor == 0,
          fmt::format("pictures of {} px cannot be encoded: their side must be a multiple of {}",
                      training.side, factor));
  require(training.weight_decay >= 0 && training.gradient_clip >= 0,
          "weight decay and gradient clipping must not be negative");
  require(training.held_out >= 1, "at least one picture must be held out to measure quality");
  const AutoencoderLossWeights& loss = training.loss;
  require(loss.absolute >= 0 && loss.squared >= 0 && loss.edges >= 0 && loss.kl >= 0,
          "weights of loss terms must not be negative");
  require(loss.edges == 0 || (loss.scales >= 1 && loss.scales <= 30 &&
                              training.side % (std::int64_t{1} << (loss.scales - 1)) == 0 &&
                              training.side >> (loss.scales - 1) >= 2),
          fmt::format("edges of pictures of {} px cannot be compared at {} scales", training.side,
                      loss.scales));
}

// Everything the result depends on besides numerics.
core::Json configuration(const AutoencoderImages& images, const AutoencoderTraining& training,
                         const TrainingRun& run) {
  core::Json network = models::autoencoder_config_json(training.network);
  network.erase("scaling_factor");
  core::Json json = {{"training", "autoencoder"},
                     {"images", images.name},
                     {"seed", run.seed},
                     {"network", network},
                     {"side", training.side},
                     {"steps", training.steps},
                     {"batch_size", training.batch_size},
                     {"schedule", schedule_name(training.learning_rate.kind)},
                     {"learning_rate", training.learning_rate.base},
                     {"decay_rate", training.learning_rate.decay_rate},
                     {"decay_every", training.learning_rate.decay_every},
                     {"warmup_steps", training.learning_rate.warmup_steps},
                     {"absolute_weight", training.loss.absolute},
                     {"squared_weight", training.loss.squared},
                     {"edges_weight", training.loss.edges},
                     {"edge_scales", training.loss.scales},
                     {"kl_weight", training.loss.kl},
                     {"beta1", training.beta1},
                     {"beta2", training.beta2},
                     {"weight_decay", training.weight_decay},
                     {"gradient_clip", training.gradient_clip},
                     {"ema_decay", training.ema.decay},
                     {"ema_least_decay", training.ema.least_decay},
                     {"ema_update_after_step", training.ema.update_after_step},
                     {"ema_power_warmup", training.ema.power_warmup},
                     {"ema_inverse_gamma", training.ema.inverse_gamma},
                     {"ema_power", training.ema.power},
                     {"dtype", training.dtype}};
  if (parts_of(run) > 1) json["parts"] = parts_of(run);
  return json;
}

AdamW make_optimiser(const models::Autoencoder& network, const AutoencoderTraining& training) {
  std::vector<AdamParameter> parameters;
  compute::for_each_parameter(network, [&](const std::string& name, const torch::Tensor& tensor) {
    parameters.push_back({name, tensor, tensor.dim() > 1});
  });
  AdamOptions options;
  options.beta1 = training.beta1;
  options.beta2 = training.beta2;
  options.weight_decay = training.weight_decay;
  if (training.gradient_clip > 0) {
    options.clip = ClipMode::kGlobalNorm;
    options.clip_norm = training.gradient_clip;
  }
  return AdamW(std::move(parameters), options);
}

// Random weights. The latents begin with little noise: with as much as they themselves have, which
// is what random weights give, the decoder first learns to ignore them.
void initialise(models::Autoencoder& network, std::uint64_t seed) {
  constexpr double kFirstLogVariance = -4;
  models::randomise(network, seed, "autoencoder/weights");
  const torch::NoGradGuard no_grad;
  torch::Tensor bias = network.named_parameters()["quant_conv.bias"];
  bias.narrow(0, network.config().latent_channels, network.config().latent_channels)
      .fill_(kFirstLogVariance);
}

class Training final : public Trainee {
 public:
  Training(const AutoencoderImages& images, const AutoencoderTraining& training,
           const TrainingRun& run)
      : training_(training),
        held_out_(images.held_out),
        run_(run),
        device_(compute::torch_device(run.device)),
        type_(compute_type_named(training.dtype, "an autoencoder")),
        network_(prepare(training, run.seed, device_)),
        parted_(*network_, run),
        optimiser_(make_optimiser(*network_, training)),
        ema_(live_parameters(*network_), training.ema),
        batches_(images.training, training.side, training.batch_size, run.seed, device_,
                 parted_.own_samples(training.batch_size)) {}

  AutoencoderQuality quality() {
    const AveragedWeights averaged(ema_);
    return autoencoder_quality(*network_, held_out_, training_.side, training_.held_out);
  }

  void save(const std::filesystem::path& folder, double scaling_factor) {
    const AveragedWeights averaged(ema_);
    models::AutoencoderConfig config = network_->config();
    config.scaling_factor = scaling_factor;
    models::save_autoencoder(*network_, config, folder);
  }

  std::vector<LoggedLoss> losses() override {
    return {{"loss", &total_}, {"absolute_error", &absolute_}, {"kl", &kl_}};
  }

  void load(const Checkpoint& saved) override {
    models::NamedTensors others = saved.tensors;
    const models::NamedTensors weights = models::take_prefixed(others, kNetwork);
    models::load_module_state(*network_, weights, saved.file, kNetwork);
    optimiser_.load_state(others, kOptimiser, saved.step, saved.file);
    ema_.load_state(others, kAverage, saved.step, saved.file);
  }

  void update(std::int64_t step) override {
    const torch::Tensor images = batches_.at(step).images;
    const torch::Tensor sums = parted_.run([&](std::int64_t part) {
      compute::seed_step(run_.seed, part_stream("autoencoder", part),
                         static_cast<std::uint64_t>(step));
      return learn_from(images, part);
    });
    optimiser_.step(rate(step));
    ema_.update();
    total_.add(sums[0], step + 1);
    absolute_.add(sums[1], step + 1);
    kl_.add(sums[2], step + 1);
  }

  core::Json line(std::int64_t step) override {
    core::Json line = {{"learning_rate", rate(step - 1)}};
    if (writes_files(run_) && training_.quality_every > 0 && step % training_.quality_every == 0) {
      const AutoencoderQuality measured = quality();
      line["psnr"] = measured.psnr;
      line["latent_deviation"] = measured.latent_deviation;
    }
    return line;
  }

  models::NamedTensors tensors(std::int64_t step) const override {
    models::NamedTensors all = models::module_state(*network_, kNetwork);
    require_finite(all, step);
    all.merge(optimiser_.state(kOptimiser));
    all.merge(ema_.state(kAverage));
    return all;
  }

 private:
  static std::shared_ptr<models::Autoencoder> prepare(const AutoencoderTraining& training,
                                                      std::uint64_t seed,
                                                      const c10::Device& device) {
    auto network = std::make_shared<models::Autoencoder>(training.network);
    initialise(*network, seed);
    network->to(device);
    models::set_trainable(*network, true);
    return network;
  }

  double rate(std::int64_t step) const { return training_.learning_rate.at(step, training_.steps); }

  // `images`: those of the batch that this rank has. The part's share of the batch's mean losses:
  // total, absolute error, divergence.
  torch::Tensor learn_from(const torch::Tensor& images, std::int64_t part) {
    const compute::PartRange range = parted_.samples(training_.batch_size, part);
    if (range.count == 0) return torch::zeros({3}, torch::dtype(torch::kFloat32).device(device_));
    const torch::Tensor own = images.narrow(
        0, range.first - parted_.own_samples(training_.batch_size).first, range.count);
    const models::LatentDistribution coded = network_->encode(own.to(type_));
    const models::LatentDistribution latents{coded.mean.to(torch::kFloat32),
                                             coded.log_variance.to(torch::kFloat32)};
    const torch::Tensor sample = latents.sample(torch::randn_like(latents.mean));
    const AutoencoderLoss loss =
        autoencoder_loss(own, network_->decode(sample.to(type_)), latents, training_.loss);
    const double share =
        static_cast<double>(range.count) / static_cast<double>(training_.batch_size);
    const torch::Tensor total = parted_.parts() > 1 ? loss.total * share : loss.total;
    total.backward();
    const torch::NoGradGuard no_grad;
    return torch::stack({total.detach(), loss.absolute * share, loss.kl * share});
  }

  const AutoencoderTraining& training_;
  const data::CaptionedImages& held_out_;
  const TrainingRun& run_;
  c10::Device device_;
  c10::ScalarType type_;
  std::shared_ptr<models::Autoencoder> network_;
  PartedUpdate parted_;
  AdamW optimiser_;
  Ema ema_;
  ImageBatches batches_;
  LossMeter total_{"the autoencoder's loss"}, absolute_{"the autoencoder's mean absolute error"},
      kl_{"the autoencoder's KL divergence"};
};

}  // namespace

AutoencoderTrainingResult train_autoencoder(const AutoencoderImages& images,
                                            const AutoencoderTraining& training,
                                            const TrainingRun& run,
                                            const std::filesystem::path& folder) {
  check(training);
  Training state(images, training, run);
  const TrainingOutcome outcome = run_training(state, run, configuration(images, training, run),
                                               training.steps, training.batch_size);
  AutoencoderTrainingResult result;
  result.steps = outcome.steps;
  result.finished = outcome.finished;
  result.loss = outcome.loss;
  result.images_per_second = outcome.images_per_second;
  if (result.finished && writes_files(run)) {
    const AutoencoderQuality quality = state.quality();
    result.psnr = quality.psnr;
    result.latent_deviation = quality.latent_deviation;
    result.scaling_factor = quality.scaling_factor();
    state.save(folder, result.scaling_factor);
  }
  return result;
}

}  // namespace ersatz::train
