#include "runner/training/textual_inversion_run.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "compute/threads.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/progress.h"
#include "core/signals.h"
#include "generate/diffusion/prompt_encoder.h"
#include "runner/diffusion/model_digest.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/number_types.h"
#include "runner/libraries.h"
#include "runner/training/textual_inversion_request.h"
#include "runner/training/training_lock.h"
#include "runner/training/validation_pictures.h"
#include "train/textual_inversion/textual_inversion_trainer.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

// As the model draws them with these vectors.
void write_samples(models::StableDiffusion& model, const TrainOptions& options,
                   const generate::TextualInversion& embedding, const fs::path& file) {
  const TextualInversionOptions& own = options.textual_inversion;
  generate::PromptEncoder encoder(model.text_encoder,
                                  load_model_tokenizer(model_options(training_model(options))));
  encoder.add_embedding(embedding);
  write_validation_pictures(
      model, encoder, {own.validation_prompt, own.validation_count, own.validation_steps}, file);
}

class Run {
 public:
  explicit Run(const TrainOptions& options)
      : options_(options),
        own_(options.textual_inversion),
        out_(own_.out),
        threads_(compute::use_threads(options.threads)),
        request_(check_textual_inversion(options)),
        digest_(
            digest_model(own_.model, own_.variant, [] { return core::pending_signal() != 0; })) {
    core::stop_point();
  }

  void run() {
    const std::size_t count = request_.images.pictures.size();
    core::log_info(fmt::format("{} {} of {} in {}", count, count == 1 ? "picture" : "pictures",
                               own_.token, own_.pictures));
    models::StableDiffusion model = models::load_stable_diffusion(own_.model, request_.load);
    core::Progress progress("textual inversion", own_.steps, "step");
    train::TextualInversionRun how;
    how.run.checkpoint_folder = out_ / "checkpoints";
    how.run.metrics_file = out_ / "metrics.jsonl";
    how.run.seed = own_.seed;
    how.run.checkpoint_every = own_.save_every;
    how.run.log_every = own_.log_every;
    how.run.progress = &progress;
    how.model = digest_.digest;
    how.model_name = digest_.name;
    if (!own_.validation_prompt.empty()) {
      how.snapshot_every = own_.validation_every;
      how.on_snapshot = [&](const train::TextualInversionSnapshot& snapshot) {
        const fs::path file = out_ / "samples" / fmt::format("step-{:07d}.png", snapshot.step);
        if (!fs::exists(file)) write_samples(model, options_, snapshot.embedding, file);
      };
    }
    const core::FileLock lock(out_ / kTrainingLock, own_.out);
    const std::string started = core::utc_now();
    const auto begin = std::chrono::steady_clock::now();
    const train::TextualInversionResult result = train::train_textual_inversion(
        model, load_model_tokenizer(model_options(training_model(options_))), request_.images,
        request_.training, how, out_);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    write_record(model, result, started, seconds);
    core::clear_progress_line();
    std::printf("%s: %lld vector(s), %lld steps, loss of fixed samples %.4f -> %.4f\n",
                own_.token.c_str(), static_cast<long long>(own_.vectors),
                static_cast<long long>(result.steps), result.fixed_loss_before, result.fixed_loss);
    for (const std::string& file : {std::string(train::kLearnedEmbeddings),
                                    generate::embedding_file_stem(own_.token) + ".pt"}) {
      std::printf("%s\n", (out_ / file).c_str());
    }
  }

 private:
  void write_record(const models::StableDiffusion& model,
                    const train::TextualInversionResult& result, const std::string& started,
                    double seconds) const {
    Json training = train::training_json(request_.training);
    training["steps"] = result.steps;
    training["seed"] = own_.seed;
    training["size"] = request_.images.pictures.front().width;
    training["centre_crop"] = own_.centre_crop;
    core::write_json(
        out_ / "training.json",
        {{"format", 1},
         {"training", training},
         {"pictures",
          {{"names", request_.images.names}, {"digest", train::digest_of(request_.images)}}},
         {"model", {{"name", digest_.name}, {"digest", digest_.digest}, {"files", digest_.files}}},
         {"loss", result.loss},
         {"fixed_loss_before", result.fixed_loss_before},
         {"fixed_loss", result.fixed_loss},
         {"machine",
          {{"device", model.device.str()},
           {"name", device_name(model.device.str())},
           {"threads", threads_},
           {"dtype", number_type_name(model.compute_type)},
           {"libraries", library_versions()}}},
         {"started", started},
         {"seconds", seconds},
         {"samples_per_second", result.samples_per_second}});
  }

  const TrainOptions& options_;
  const TextualInversionOptions& own_;
  const fs::path out_;
  const int threads_;
  const TextualInversionRequest request_;
  const ModelDigest digest_;
};

}  // namespace

void run_textual_inversion(const TrainOptions& options) {
  try {
    Run(options).run();
  } catch (const core::Interrupted& interrupted) {
    throw interrupted.with_hint("the same command continues");
  }
}

}  // namespace ersatz::runner
