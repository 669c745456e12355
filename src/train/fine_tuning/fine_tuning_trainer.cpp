#include "train/fine_tuning/fine_tuning_trainer.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <memory>
#include <utility>

#include "core/abandoned.h"
#include "core/error.h"
#include "core/file_system.h"
#include "models/diffusion/save_lora.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "train/diffusion/batch_share.h"
#include "train/diffusion/captioned_latents.h"
#include "train/diffusion/model_fit.h"
#include "train/fine_tuning/fine_tuning_step.h"
#include "train/finite.h"
#include "train/training_loop.h"

namespace ersatz::train {

namespace {

namespace fs = std::filesystem;
using core::Error;

core::Json configuration(const FineTuningPictures& pictures, const FineTuningTraining& training,
                         const FineTuningRun& how) {
  core::Json json = training_json(training);
  json["model"] = how.model;
  json["pictures"] = digest_of(pictures.instance);
  json["class_pictures"] = pictures.prior.empty() ? "none" : digest_of(pictures.prior);
  json["side"] = pictures.instance.front().image.width;
  json["seed"] = how.run.seed;
  return json;
}

class Training final : public Trainee {
 public:
  Training(FineTuningStep& learned, const FineTuningTraining& training, const FineTuningRun& how,
           fs::path folder, std::size_t pictures, bool prior)
      : learned_(learned),
        training_(training),
        how_(how),
        folder_(std::move(folder)),
        pictures_(pictures),
        prior_(prior) {}

  std::vector<LoggedLoss> losses() override {
    std::vector<LoggedLoss> all = {{"loss", &total_}};
    if (prior_) {
      all.push_back({"instance_loss", &instance_});
      all.push_back({"prior_loss", &class_});
    }
    return all;
  }

  void load(const Checkpoint& saved) override {
    if (saved.step > training_.steps) {
      throw Error::usage(
          fmt::format("the training in {} has done {} steps already, {} were asked for",
                      how_.run.checkpoint_folder.string(), saved.step, training_.steps),
          "ask for more, or train in another folder");
    }
    learned_.load(saved.tensors, saved.step, saved.file);
  }

  void begin(std::int64_t step) override {
    if (writes_files(how_.run)) show(step);
  }

  void update(std::int64_t step) override {
    const FineTuningLosses losses = learned_.update(step, training_.rate(step));
    total_.add(losses.total, step + 1);
    if (!prior_) return;
    instance_.add(losses.instance, step + 1);
    class_.add(losses.prior, step + 1);
  }

  core::Json line(std::int64_t step) override {
    return {{"learning_rate", training_.rate(step - 1)},
            {"epoch",
             static_cast<double>(step * training_.step_size()) / static_cast<double>(pictures_)}};
  }

  void after_update(std::int64_t step, const MetricsLog& /*log*/) override {
    if (!training_.lora || step % how_.run.checkpoint_every != 0) return;
    if (!writes_files(how_.run)) return;
    write_lora(step, lora_weights_at(step));
  }

  void show(std::int64_t step) override {
    if (!how_.on_snapshot || how_.snapshot_every <= 0) return;
    if (step % how_.snapshot_every != 0 && step != training_.steps) return;
    const torch::NoGradGuard no_grad;
    how_.on_snapshot(step);
  }

  models::NamedTensors tensors(std::int64_t step) const override {
    models::NamedTensors all = learned_.state();
    require_finite(all, step);
    return all;
  }

  void write_lora(std::int64_t step, const std::string& name) const {
    require_finite(learned_.trained(), step);
    models::save_lora(folder_ / name, learned_.factors(),
                      {{"model", how_.model},
                       {"model_name", how_.model_name},
                       {"rank", std::to_string(training_.lora->rank)},
                       {"steps", std::to_string(step)}});
  }

 private:
  FineTuningStep& learned_;
  const FineTuningTraining& training_;
  const FineTuningRun& how_;
  fs::path folder_;
  std::size_t pictures_;
  bool prior_;
  LossMeter total_{"the denoising loss"}, instance_{"the denoising loss of the pictures"},
      class_{"the denoising loss of class pictures"};
};

// What an earlier, shorter training left gives way.
void write_model(const models::StableDiffusion& model, const fs::path& folder) {
  const fs::path staged = folder / (std::string(kTrainedModel) + ".new");
  core::remove_abandoned(folder / kTrainedModel);
  core::remove_tree(staged);
  models::save_stable_diffusion(model, staged);
  core::replace_directory(staged, folder / kTrainedModel);
}

}  // namespace

std::string lora_weights_at(std::int64_t step) {
  return fmt::format("pytorch_lora_weights-steps-{}.safetensors", step);
}

FineTuningResult fine_tune(models::StableDiffusion& model, const generate::ClipTokenizer& tokenizer,
                           const FineTuningPictures& pictures, const FineTuningTraining& training,
                           const FineTuningRun& how, const fs::path& folder) {
  check(training);
  if (pictures.instance.empty()) throw Error::usage("a fine-tuning needs at least one picture");
  check_trainable(model, tokenizer.size());
  const bool prior = !pictures.prior.empty();
  const std::int64_t length = model.text_encoder->config().positions;
  const auto latents = [&](const char* name, const std::vector<data::CaptionedImage>& of) {
    return std::make_unique<LatentCache>(
        captioned_latents(folder / "latents" / name, std::string("latents of ") + name, of, length,
                          training.mirrored, *model.autoencoder, tokenizer));
  };
  const auto own = latents("pictures", pictures.instance);
  const auto of_class = prior ? latents("class", pictures.prior) : nullptr;
  model.autoencoder->set_aside();

  FineTuningResult result;
  {
    FineTuningStep learned(
        model, *own, of_class.get(), tokenizer.tokenize_padded("", length).ids, training,
        how.run.seed, share_batch(how.copies, model.device, training.batch_size, how.run.ranks));
    Training state(learned, training, how, folder, pictures.instance.size(), prior);
    const TrainingOutcome outcome =
        run_training(state, how.run, configuration(pictures, training, how), training.steps,
                     training.step_size());
    result.steps = outcome.steps;
    result.finished = outcome.finished;
    result.loss = outcome.loss;
    result.samples_per_second = outcome.images_per_second;
    result.factors = learned.factors();
    const bool writes = result.finished && writes_files(how.run);
    if (writes && training.lora) state.write_lora(outcome.steps, models::kLoraWeights);
  }
  if (result.finished && !training.lora && writes_files(how.run)) write_model(model, folder);
  return result;
}

}  // namespace ersatz::train
