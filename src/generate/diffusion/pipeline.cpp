#include "generate/diffusion/pipeline.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "core/signals.h"
#include "generate/diffusion/decode.h"
#include "generate/diffusion/denoised.h"
#include "generate/diffusion/denoiser.h"
#include "generate/diffusion/finite_watch.h"
#include "generate/diffusion/latent_noise.h"
#include "generate/diffusion/request_check.h"
#include "generate/diffusion/schedulers/scheduler.h"
#include "generate/diffusion/starting_point.h"

namespace ersatz::generate {
namespace {

constexpr std::int64_t kStepsPerLook = 8;  // on an accelerator, see FiniteWatch
constexpr std::int64_t kDecodeTile = 32;   // 256 pixels of Stable Diffusion

std::vector<std::string> one_per_image(const std::vector<std::string>& texts, std::size_t images) {
  if (texts.size() == images) return texts;
  return std::vector<std::string>(images, texts.empty() ? std::string() : texts.front());
}

Conditioning conditioning_of(const SamplingRequest& request) {
  const std::size_t images = request.seeds.size();
  return {one_per_image(request.prompts, images), one_per_image(request.negatives, images),
          request.guidance, request.guidance_rescale};
}

SamplingStep report_of(const Scheduler& scheduler, Prediction prediction, std::int64_t call,
                       const torch::Tensor& before, const torch::Tensor& output,
                       const torch::Tensor& stepped, const torch::Tensor& after) {
  SamplingStep step{
      call, scheduler.size(), scheduler.timestep(call), before, output, stepped, after, {}};
  step.denoised = [&scheduler, prediction, before, output, call] {
    return denoised_latents(scheduler, prediction, before, output, call);
  };
  return step;
}

// The latents after the last step.
torch::Tensor denoise(models::StableDiffusion& model, const PromptEncoder& encoder,
                      const SamplingRequest& request, const ModelShape& shape) {
  const std::int64_t skipped =
      request.init ? skipped_steps(request.steps, request.init->strength) : 0;
  const auto scheduler = make_scheduler(request.scheduler, request.steps, skipped);
  LatentNoise noise(
      request.seeds,
      {shape.latent_channels, request.height / shape.factor, request.width / shape.factor},
      model.device);
  noise.replay(request.latents, request.noise);
  const NoiseSource source = [&](const torch::Tensor&) { return noise.draw(); };

  StartingPoint start = starting_point(model, request, *scheduler, noise);
  // One network at a time is in memory: weights come back when the next image needs them.
  if (request.init) model.autoencoder->set_aside();
  const Denoiser denoiser(model, encoder, conditioning_of(request), scheduler->timesteps(),
                          start.extra_channels);
  FiniteWatch watch(
      model.device.is_cpu() ? 1 : kStepsPerLook,
      [&](const torch::Tensor& latents, std::int64_t call, models::UNetObserver* observer) {
        return denoiser.predict(scheduler->scale_model_input(latents, call), call, observer);
      });

  torch::Tensor latents = std::move(start.latents);
  for (std::int64_t call = 0; call < scheduler->size(); ++call) {
    core::stop_point();
    const torch::Tensor before = latents;
    const torch::Tensor output =
        denoiser.predict(scheduler->scale_model_input(before, call), call, request.observer);
    const torch::Tensor stepped = scheduler->step(output, call, before, source);
    latents = start.blend ? start.blend->apply(stepped, *scheduler, call) : stepped;
    watch.add(call, scheduler->timestep(call), before, output, latents);
    if (request.on_step) {
      request.on_step(report_of(*scheduler, request.scheduler.prediction, call, before, output,
                                stepped, latents));
    }
  }
  watch.finish();
  return latents;
}

}  // namespace

SamplingResult sample(models::StableDiffusion& model, const PromptEncoder& encoder,
                      const SamplingRequest& request) {
  const torch::NoGradGuard no_grad;
  const ModelShape shape = shape_of(model);
  check_request(request, shape);
  SamplingResult result;
  result.latents = denoise(model, encoder, request, shape);
  if (request.decode) {
    model.unet->set_aside();
    DecodeOptions options;
    options.type = model.compute_type;
    options.tile = request.tiled_decode ? kDecodeTile : 0;
    result.images = decode_latents(*model.autoencoder, result.latents, options);
    model.autoencoder->set_aside();
  }
  return result;
}

}  // namespace ersatz::generate
