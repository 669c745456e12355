#include "runner/diffugen/diffugen_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <string>

#include "compute/threads.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "label/picture_labeller.h"
#include "runner/diffugen/diffugen_request.h"
#include "runner/diffugen/task_run.h"
#include "runner/diffusion/model_digest.h"
#include "runner/diffusion/model_setup.h"
#include "runner/labelling/segmenter_source.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;
using generate::DiffuGenTask;

// A model stays loaded while tasks use the same.
class Models {
 public:
  Models(const DiffuGenCommand& options, const DiffuGenRequest& request)
      : options_(options), request_(request) {}

  // With the task's scheduler: the model's own for text-to-image, DPM-Solver++ (2M) with its
  // settings for the others, as published.
  DiffusionModel& load(const fs::path& path, DiffuGenTask task) {
    if (path != path_) {
      model_.reset();
      GenerateOptions options;
      options.model = path.string();
      options.variant = options_.variant;
      options.tokenizer = options_.tokenizer;
      options.prompt_weights = options_.prompt_weights;
      options.device = options_.device;
      options.dtype = options_.dtype;
      options.weights_dtype = options_.weights_dtype;
      GenerateRequest request;
      request.size = request_.size;
      if (request_.embedding) request.embeddings = {*request_.embedding};
      model_ = std::make_unique<DiffusionModel>(
          load_model(options, request, load_model_tokenizer(options)));
      own_scheduler_ = model_->scheduler;
      digest_ = digest_model(path, options_.variant, [] { return core::pending_signal() != 0; });
      core::stop_point();
      path_ = path;
    }
    model_->scheduler = task == DiffuGenTask::kTextToImage
                            ? own_scheduler_
                            : generate::with_solver(own_scheduler_, "dpmpp_2m");
    return *model_;
  }
  const ModelDigest& digest() const { return digest_; }

 private:
  const DiffuGenCommand& options_;
  const DiffuGenRequest& request_;
  fs::path path_;
  std::unique_ptr<DiffusionModel> model_;
  generate::SchedulerConfig own_scheduler_;
  ModelDigest digest_;
};

std::string plural(std::int64_t count, const char* one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

void tell(const DiffuGenTaskRequest& task, const TaskOutcome& outcome, bool dry_run) {
  std::string text = fmt::format("{}: {} {} in {}", generate::task_name(task.task),
                                 plural(outcome.made, "picture"), dry_run ? "to make" : "made",
                                 task.folder.string());
  const std::int64_t kept = outcome.ours - outcome.made;
  if (kept > 0) text += fmt::format(", {} there already", kept);
  if (!dry_run) {
    text += fmt::format("; {} and {} in all",
                        plural(outcome.counts.at("pictures").get<std::int64_t>(), "picture"),
                        plural(outcome.counts.at("objects").get<std::int64_t>(), "object"));
    const auto part = [&](const char* key, const char* meaning) {
      const auto count = outcome.counts.at(key).get<std::int64_t>();
      if (count > 0) text += fmt::format(", {} {}", count, meaning);
    };
    part("without_objects", "without an object");
    part("skipped", "skipped: no object was found");
  }
  core::log_info(text);
  if (outcome.unlabelled > 0) {
    core::log_warning(fmt::format("{}: {} left out: their source has no label to repaint",
                                  generate::task_name(task.task),
                                  plural(outcome.unlabelled, "picture")));
  }
  if (outcome.waiting > 0) {
    core::log_warning(fmt::format("{}: {} left for later: their source in {} is not there yet",
                                  generate::task_name(task.task),
                                  plural(outcome.waiting, "picture"), task.source.string()));
  }
}

std::unique_ptr<label::PictureLabeller> labeller_of(const DiffuGenCommand& options,
                                                    const DiffuGenRequest& request) {
  if (!request.segmenter) {
    return label::attention_labeller(label::parse_map_recipe(options.recipe));
  }
  return std::make_unique<SegmenterSource>(*request.segmenter, request.classes,
                                           request.config.class_map, options.device);
}

void run(const DiffuGenCommand& options) {
  const DiffuGenRequest request = check_diffugen_run(options);
  compute::use_threads(options.threads);
  cv::setNumThreads(1);  // pictures are worked on beside the sampling
  for (const generate::DiffuGenRemark& remark : request.config.remarks) {
    core::log_warning(fmt::format("{}:{}: {}", options.config, remark.line, remark.text));
  }
  const std::unique_ptr<label::PictureLabeller> labeller = labeller_of(options, request);
  Models models(options, request);
  Json summaries = Json::array();
  for (const DiffuGenTaskRequest& task : request.tasks) {
    if (options.dry_run && !task.source.empty() && !fs::exists(task.source / "labels")) {
      core::log_info(fmt::format("{}: what can be made is known when {} is there",
                                 generate::task_name(task.task), task.source.string()));
      continue;
    }
    DiffusionModel& model = models.load(task.model, task.task);
    const TaskOutcome outcome =
        TaskRun({options, request, task, model, models.digest(), *labeller}).run();
    tell(task, outcome, options.dry_run);
    Json summary = {{"task", generate::task_name(task.task)},
                    {"folder", task.folder.string()},
                    {options.dry_run ? "to_make" : "made", outcome.made},
                    {"there", outcome.ours - outcome.made},
                    {"waiting", outcome.waiting},
                    {"sources_without_labels", outcome.unlabelled},
                    {"complete", outcome.complete}};
    if (!options.dry_run) summary["dataset"] = outcome.counts;
    summaries.push_back(std::move(summary));
  }
  if (options.json) std::printf("%s\n", summaries.dump(2).c_str());
}

}  // namespace

void run_diffugen(const DiffuGenCommand& options) {
  try {
    run(options);
  } catch (const core::Interrupted& interrupted) {
    throw interrupted.with_hint("the same command makes what is missing");
  }
}

}  // namespace ersatz::runner
