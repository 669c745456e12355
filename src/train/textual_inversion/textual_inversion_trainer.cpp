#include "train/textual_inversion/textual_inversion_trainer.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/signals.h"
#include "train/checkpoint.h"
#include "train/diffusion/batch_share.h"
#include "train/diffusion/model_fit.h"
#include "train/finite.h"
#include "train/loss_meter.h"
#include "train/metrics_log.h"
#include "train/pace.h"
#include "train/textual_inversion/concept_latents.h"
#include "train/textual_inversion/learned_vectors.h"
#include "train/textual_inversion/placeholder.h"

namespace ersatz::train {

namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr const char* kLatents = "latents";

core::Json configuration(const models::StableDiffusion& model, const ConceptImages& images,
                         const TextualInversionTraining& training, const TextualInversionRun& how) {
  core::Json json = training_json(training);
  json["training"] = "textual inversion";
  json["model"] = how.model;
  json["pictures"] = digest_of(images);
  json["side"] = images.pictures.front().width;
  json["seed"] = how.run.seed;
  json["dtype"] = c10::toString(model.compute_type);
  return json;
}

// Of all rows of the text encoder's table, as they are computed with.
std::string digest_of_rows(const models::ClipText& text_encoder) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor rows =
      text_encoder.embed(torch::arange(text_encoder.config().vocabulary)).cpu().contiguous();
  core::Sha256 digest;
  digest.update(rows.data_ptr(), static_cast<std::size_t>(rows.nbytes()));
  return digest.hex();
}

// What a written embedding says about its origin.
class EmbeddingFiles {
 public:
  EmbeddingFiles(const TextualInversionTraining& training, const TextualInversionRun& how,
                 fs::path folder)
      : training_(training), how_(how), folder_(std::move(folder)) {
    core::make_directories(folder_);
  }

  void write_intermediate(const generate::TextualInversion& embedding, std::int64_t step) const {
    write_diffusers(embedding, step, learned_embeddings_at(step));
  }

  void write_final(const generate::TextualInversion& embedding, std::int64_t step) const {
    write_diffusers(embedding, step, kLearnedEmbeddings);
    generate::EmbeddingOrigin origin;
    origin.step = step;
    origin.checkpoint = how_.model;
    origin.checkpoint_name = how_.model_name;
    const std::string stem = generate::embedding_file_stem(embedding.token);
    generate::save_automatic1111_embedding(folder_ / (stem + ".pt"), embedding, origin);
  }

 private:
  void write_diffusers(const generate::TextualInversion& embedding, std::int64_t step,
                       const std::string& name) const {
    generate::save_textual_inversion(folder_ / name, embedding,
                                     {{"initializer", training_.initializer},
                                      {"model", how_.model},
                                      {"model_name", how_.model_name},
                                      {"steps", std::to_string(step)}});
  }

  const TextualInversionTraining& training_;
  const TextualInversionRun& how_;
  fs::path folder_;
};

// A training between its steps.
class Loop {
 public:
  Loop(const TextualInversionTraining& training, const TextualInversionRun& how,
       LearnedVectors& vectors, CheckpointFolder& checkpoints, const EmbeddingFiles& files)
      : training_(training),
        how_(how),
        vectors_(vectors),
        checkpoints_(checkpoints),
        files_(files),
        step_(resume()),
        log_(how.run.metrics_file, step_),
        pace_(how.run, step_, training.steps, training.step_size()) {}

  TextualInversionResult run() {
    if (step_ == 0) fixed_before_ = log_fixed();
    if (snapshot_due()) how_.on_snapshot({step_, embedding()});
    while (pace_.goes_on(step_)) {
      const double rate = training_.rate(step_);
      meter_.add(vectors_.update(step_, rate), step_ + 1);
      // On an accelerator this waits for the step, which takes far longer than the pause costs: a
      // loss that is not a number must not become more steps.
      meter_.flush();
      ++step_;
      if (pace_.log_due(step_)) write_log(rate);
      pace_.show(step_, loss_);
      const bool snapshot = snapshot_due();
      if (pace_.checkpoint_due(step_, core::pending_signal()) || snapshot) save();
      if (snapshot) how_.on_snapshot({step_, embedding()});
    }
    TextualInversionResult result;
    result.steps = step_;
    result.finished = pace_.complete(step_);
    result.loss = loss_;
    result.fixed_loss_before = fixed_before_;
    result.fixed_loss = fixed_;
    result.samples_per_second = pace_.images_per_second(step_);
    result.embedding = embedding();
    return result;
  }

 private:
  std::int64_t resume() {
    const auto saved = checkpoints_.load();
    if (!saved) return 0;
    if (saved->step > training_.steps) {
      throw Error::usage(
          fmt::format("the training in {} has done {} steps already, {} were asked "
                      "for",
                      how_.run.checkpoint_folder.string(), saved->step, training_.steps),
          "ask for more, or train in another folder");
    }
    vectors_.load(saved->tensors, saved->step, saved->file);
    meter_.load_state(saved->state.at("loss"));
    loss_ = saved->state.at("last_loss").get<double>();
    fixed_before_ = saved->state.at("fixed_loss_before").get<double>();
    fixed_ = saved->state.at("fixed_loss").get<double>();
    return saved->step;
  }

  bool snapshot_due() const {
    return how_.on_snapshot && how_.snapshot_every > 0 &&
           (step_ % how_.snapshot_every == 0 || step_ == training_.steps);
  }

  generate::TextualInversion embedding() const { return {training_.token, vectors_.vectors()}; }

  void write_log(double rate) {
    loss_ = meter_.mean();
    log_.append(
        {{"step", step_},
         {"loss", loss_},
         {"learning_rate", rate},
         {"length", vectors_.length()},
         {"distance", vectors_.distance()},
         {"samples_per_second", std::round(100 * pace_.recent_images_per_second(step_)) / 100}});
    meter_.reset();
  }

  // Of samples that are always the same.
  double log_fixed() {
    fixed_ = vectors_.fixed_loss();
    log_.append({{"step", step_}, {"fixed_loss", fixed_}});
    pace_.recent_images_per_second(step_);  // the measurement does not count as training
    return fixed_;
  }

  void save() {
    const bool regular = step_ % how_.run.checkpoint_every == 0;
    if (regular || step_ == training_.steps) log_fixed();
    Checkpoint checkpoint;
    checkpoint.step = step_;
    checkpoint.tensors = vectors_.state();
    require_finite(checkpoint.tensors, step_);
    checkpoint.state = {{"loss", meter_.state()},
                        {"last_loss", loss_},
                        {"fixed_loss_before", fixed_before_},
                        {"fixed_loss", fixed_}};
    if (regular) files_.write_intermediate(embedding(), step_);
    checkpoints_.save(checkpoint);
    core::stop_point();
  }

  const TextualInversionTraining& training_;
  const TextualInversionRun& how_;
  LearnedVectors& vectors_;
  CheckpointFolder& checkpoints_;
  const EmbeddingFiles& files_;
  LossMeter meter_{"the denoising loss"};
  double loss_ = 0, fixed_before_ = 0, fixed_ = 0;
  std::int64_t step_;
  MetricsLog log_;
  Pace pace_;
};

}  // namespace

std::string learned_embeddings_at(std::int64_t step) {
  return fmt::format("learned_embeds-steps-{}.safetensors", step);
}

TextualInversionResult train_textual_inversion(models::StableDiffusion& model,
                                               generate::ClipTokenizer tokenizer,
                                               const ConceptImages& images,
                                               const TextualInversionTraining& training,
                                               const TextualInversionRun& how,
                                               const fs::path& folder) {
  check(training);
  if (images.pictures.empty()) throw Error::usage("a textual inversion needs at least one picture");
  const std::int64_t own_tokens = tokenizer.size();
  const std::int64_t length = model.text_encoder->config().positions;
  const Placeholder placeholder =
      add_placeholder(tokenizer, training.token, training.initializer, training.vectors);
  const std::vector<std::string> prompts =
      placeholder_prompts(tokenizer, placeholder, training.templates, length);
  check_trainable(model, own_tokens);
  CheckpointFolder checkpoints(how.run.checkpoint_folder,
                               configuration(model, images, training, how));
  checkpoints.load();  // refuses another training's before anything is encoded

  const EmbeddingFiles files(training, how, folder);
  const LatentCache cache = concept_latents(folder / kLatents, images, prompts, length,
                                            training.mirrored, *model.autoencoder, tokenizer);
  model.autoencoder->set_aside();
  const std::string rows_before = digest_of_rows(*model.text_encoder);
  LearnedVectors vectors(model, cache, tokenizer.tokenize_padded("", length).ids, placeholder,
                         training, how.run.seed,
                         share_batch(how.copies, model.device, training.batch_size, nullptr).parts);
  const TextualInversionResult result = Loop(training, how, vectors, checkpoints, files).run();
  if (digest_of_rows(*model.text_encoder) != rows_before) {
    throw Error::internal("rows of other tokens have changed while a new one was learned");
  }
  if (result.finished) files.write_final(result.embedding, result.steps);
  return result;
}

}  // namespace ersatz::train
