#include "train/textual_inversion/textual_inversion_step.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "core/error.h"

namespace ersatz::train {

namespace {

// The embeddings of `ids` [B, L, hidden] with `vectors` where the placeholders stand.
torch::Tensor embed_with(const models::ClipText& text_encoder, const torch::Tensor& ids,
                         const std::vector<std::int64_t>& placeholders,
                         const torch::Tensor& vectors) {
  torch::Tensor own = ids;
  for (const std::int64_t id : placeholders) own = own.masked_fill(ids == id, 0);
  torch::Tensor embeddings = text_encoder.embed(own).detach();
  for (std::size_t i = 0; i < placeholders.size(); ++i) {
    const torch::Tensor vector =
        vectors[static_cast<std::int64_t>(i)].to(embeddings.scalar_type()).view({1, 1, -1});
    const torch::Tensor here = (ids == placeholders[i]).unsqueeze(-1);
    embeddings =
        torch::where(here.to(embeddings.device(), /*non_blocking=*/true), vector, embeddings);
  }
  return embeddings;
}

// As `vectors` records it.
torch::Tensor loss_of(models::ClipText& text_encoder, models::UNet& unet,
                      const generate::TrainingNoise& noise, const DiffusionBatch& batch,
                      const std::vector<std::int64_t>& placeholders, const torch::Tensor& vectors) {
  const auto count = static_cast<std::int64_t>(placeholders.size());
  if (vectors.dim() != 2 || vectors.size(0) != count ||
      vectors.size(1) != text_encoder.config().hidden) {
    throw core::Error::internal(
        fmt::format("textual inversion: vectors of shape [{}] for {} placeholders of width {}",
                    fmt::join(vectors.sizes(), ", "), count, text_encoder.config().hidden));
  }
  const torch::Tensor embeddings = embed_with(text_encoder, batch.ids, placeholders, vectors);
  const torch::Tensor context = text_encoder.forward_embeddings(embeddings, batch.ids).last_hidden;
  const torch::Tensor noisy = noise.add_noise(batch.latents, batch.noise, batch.timesteps);
  const torch::Tensor answer =
      unet.forward(noisy.to(context.scalar_type()), batch.timesteps.to(torch::kFloat32), context);
  const torch::Tensor target = noise.target(batch.latents, batch.noise, batch.timesteps);
  // Half-precision networks answer in their own type; the error is summed in float32.
  const c10::ScalarType type = c10::promoteTypes(answer.scalar_type(), torch::kFloat32);
  return torch::mse_loss(answer.to(type), target.to(type));
}

}  // namespace

TextualInversionLoss textual_inversion_step(models::ClipText& text_encoder, models::UNet& unet,
                                            const generate::TrainingNoise& noise,
                                            const DiffusionBatch& batch,
                                            const std::vector<std::int64_t>& placeholders,
                                            const torch::Tensor& vectors) {
  const torch::AutoGradMode record(true);
  const torch::Tensor learned = vectors.detach().requires_grad_(true);
  const torch::Tensor loss = loss_of(text_encoder, unet, noise, batch, placeholders, learned);
  const torch::Tensor gradient = torch::autograd::grad({loss}, {learned}).at(0);
  return {loss.detach(), gradient};
}

torch::Tensor textual_inversion_loss(models::ClipText& text_encoder, models::UNet& unet,
                                     const generate::TrainingNoise& noise,
                                     const DiffusionBatch& batch,
                                     const std::vector<std::int64_t>& placeholders,
                                     const torch::Tensor& vectors) {
  const torch::NoGradGuard no_grad;
  return loss_of(text_encoder, unet, noise, batch, placeholders, vectors);
}

}  // namespace ersatz::train
