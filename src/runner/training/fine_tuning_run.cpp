#include "runner/training/fine_tuning_run.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "compute/ranks/join_ranks.h"
#include "compute/threads.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/progress.h"
#include "core/signals.h"
#include "generate/diffusion/prompt_encoder.h"
#include "models/diffusion/save_lora.h"
#include "runner/diffusion/model_digest.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/number_types.h"
#include "runner/libraries.h"
#include "runner/rank_scratch.h"
#include "runner/rank_session.h"
#include "runner/training/fine_tuning_request.h"
#include "runner/training/training_lock.h"
#include "runner/training/validation_pictures.h"
#include "train/diffusion/batch_share.h"
#include "train/diffusion/captioned_latents.h"
#include "train/fine_tuning/class_pictures.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

class Run {
 public:
  Run(const TrainOptions& options, const FineTuningOptions& own, const core::Ranks& ranks,
      compute::RankGroup* group)
      : own_(own),
        group_(group),
        parts_(options.parts),
        out_(group == nullptr || group->first() ? fs::path(own.out) : scratch_.emplace().path),
        threads_(compute::use_threads(rank_threads(options.threads, ranks))),
        request_(check_fine_tuning(options, own)),
        digest_(digest_model(own.model, own.variant, [] { return core::pending_signal() != 0; })) {
    // Who cannot have a part is told before pictures of the class are made.
    const c10::Device device = request_.load.device;
    if (!device.is_cpu() && parts_ != 0 && parts_ != ranks.size) {
      throw core::Error::usage(fmt::format("--parts {} on {} GPUs", parts_, ranks.size),
                               "on GPUs every rank computes one part of a batch");
    }
    share_ = train::share_batch(parts_, device, request_.training.batch_size, group_);
    core::stop_point();
  }

  void run() {
    const std::size_t count = request_.pictures.instance.size();
    core::log_info(
        fmt::format("{} {} in {}", count, count == 1 ? "picture" : "pictures", own_.pictures));
    models::StableDiffusion model = models::load_stable_diffusion(own_.model, request_.load);
    if (own_.lora) {
      // A wrong target is told before pictures of the class are made.
      const models::LoraLayers probe(model, *request_.training.lora, own_.train_text_encoder,
                                     own_.seed);
    }
    std::optional<core::FileLock> lock;
    if (!scratch_) lock.emplace(out_ / kTrainingLock, own_.out);
    const std::string started = core::utc_now();
    const auto begin = std::chrono::steady_clock::now();
    if (!own_.class_prompt.empty() && own_.class_pictures.empty()) make_class_pictures(model);
    core::Progress progress(own_.lora ? "lora" : "dreambooth", own_.steps, "step");
    const train::FineTuningResult result = train::fine_tune(
        model, tokenizer(), request_.pictures, request_.training, how(model, progress), out_);
    if (scratch_) return;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    write_record(model, result, started, seconds);
    core::clear_progress_line();
    std::printf("%s: %lld steps, loss %.4f\n%s\n", own_.lora ? "lora" : "dreambooth",
                static_cast<long long>(result.steps), result.loss,
                (out_ / (own_.lora ? models::kLoraWeights : train::kTrainedModel)).c_str());
  }

 private:
  generate::ClipTokenizer tokenizer() const {
    return load_model_tokenizer(model_options(request_.model));
  }

  // Rank 0 makes them; the others wait and find them.
  void make_class_pictures(models::StableDiffusion& model) {
    const fs::path folder = fs::path(own_.out) / "class_pictures";
    if (scratch_) {
      group_->next_post();
      for (std::int64_t i = 0; i < own_.class_count; ++i) {
        const fs::path file = folder / fmt::format("{:05}.png", i);
        if (fs::exists(file)) continue;
        throw core::Error::missing(fmt::format("rank {} does not see {}, which rank 0 has made",
                                               group_->rank(), file.string()),
                                   "--out must be in a folder that all machines share");
      }
    }
    train::ClassPictureRequest wanted;
    wanted.prompt = own_.class_prompt;
    wanted.count = own_.class_count;
    wanted.side = request_.side;
    wanted.steps = own_.class_steps;
    wanted.guidance = own_.class_guidance;
    wanted.seed = own_.seed;
    wanted.batch_size = own_.class_batch;
    wanted.model = digest_.digest;
    for (data::RgbImage& picture : train::class_pictures(model, tokenizer(), wanted, folder)) {
      request_.pictures.prior.push_back({std::move(picture), own_.class_prompt, {}});
    }
    if (group_ != nullptr && group_->first()) group_->post("class pictures");
  }

  train::FineTuningRun how(models::StableDiffusion& model, core::Progress& progress) const {
    train::FineTuningRun how;
    how.run.checkpoint_folder = out_ / "checkpoints";
    how.run.metrics_file = out_ / "metrics.jsonl";
    how.run.seed = own_.seed;
    how.run.checkpoint_every = own_.save_every;
    how.run.log_every = own_.log_every;
    how.run.progress = &progress;
    how.run.ranks = group_;
    how.copies = parts_;
    how.model = digest_.digest;
    how.model_name = digest_.name;
    if (own_.validation_prompt.empty()) return how;
    how.snapshot_every = own_.validation_every;
    how.on_snapshot = [this, &model](std::int64_t step) {
      const fs::path file = out_ / "samples" / fmt::format("step-{:07d}.png", step);
      if (fs::exists(file)) return;
      const generate::PromptEncoder encoder(model.text_encoder, tokenizer());
      write_validation_pictures(
          model, encoder, {own_.validation_prompt, own_.validation_count, own_.validation_steps},
          file);
    };
    return how;
  }

  void write_record(const models::StableDiffusion& model, const train::FineTuningResult& result,
                    const std::string& started, double seconds) const {
    Json training = train::training_json(request_.training);
    training["steps"] = result.steps;
    training["seed"] = own_.seed;
    training["size"] = request_.side;
    training["squeeze"] = own_.squeeze;
    training["parts"] = share_.parts;
    training["ranks"] = group_ == nullptr ? 1 : group_->size();
    Json record = {
        {"format", 1},
        {"training", training},
        {"pictures",
         {{"names", request_.names},
          {"prompt", own_.prompt},
          {"digest", train::digest_of(request_.pictures.instance)}}},
        {"model", {{"name", digest_.name}, {"digest", digest_.digest}, {"files", digest_.files}}},
        {"loss", result.loss},
        {"machine",
         {{"device", model.device.str()},
          {"name", device_name(model.device.str())},
          {"threads", threads_},
          {"dtype", request_.training.dtype},
          {"libraries", library_versions()}}},
        {"started", started},
        {"seconds", seconds},
        {"samples_per_second", result.samples_per_second}};
    if (!request_.pictures.prior.empty()) {
      record["class_pictures"] = {{"count", request_.pictures.prior.size()},
                                  {"prompt", own_.class_prompt},
                                  {"folder", own_.class_pictures},
                                  {"digest", train::digest_of(request_.pictures.prior)}};
    }
    core::write_json(out_ / "training.json", record);
  }

  const FineTuningOptions& own_;
  compute::RankGroup* const group_;
  const std::int64_t parts_;
  std::optional<RankScratch> scratch_;  // of ranks other than the first
  const fs::path out_;
  const int threads_;
  FineTuningRequest request_;
  const ModelDigest digest_;
  train::BatchShare share_;
};

}  // namespace

void run_fine_tuning(const TrainOptions& options, const FineTuningOptions& own,
                     const core::Ranks& ranks, compute::RankGroup* group) {
  TrainOptions here = options;
  here.device = compute::rank_device(options.device, ranks);
  try {
    Run(here, own, ranks, group).run();
  } catch (const core::Interrupted& interrupted) {
    throw interrupted.with_hint("the same command continues");
  }
}

}  // namespace ersatz::runner
