#include "runner/diffugen/task_run.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdio>
#include <future>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/images/image_file.h"
#include "generate/diffusion/schedulers/scheduler.h"
#include "generate/diffusion/skipped_steps.h"
#include "runner/diffugen/dataset_summary.h"
#include "runner/diffugen/task_recipe.h"
#include "runner/diffusion/image_tensors.h"

namespace ersatz::runner {

namespace fs = std::filesystem;
using core::Json;
using generate::DiffuGenItem;
using generate::DiffuGenTask;

// Labels, drawings and files of the pictures of one batch, while the next is sampled.
struct TaskRun::Background {
  std::vector<std::future<void>> under_way;
  std::vector<fs::path> files;
  std::unique_ptr<core::Progress> progress;

  // Waits for all of them, then throws what went wrong with any.
  void finish() {
    std::vector<std::future<void>> waiting = std::move(under_way);
    under_way.clear();
    for (std::future<void>& one : waiting) one.wait();
    for (std::future<void>& one : waiting) one.get();
  }
};

TaskRun::TaskRun(const TaskSetting& setting)
    : setting_(setting),
      folder_(setting.task.folder, setting.request.config.image_format, setting.request.classes),
      background_(std::make_shared<Background>()) {
  plan();
  if (!setting_.labeller.needs_attention()) return;
  const WordChoice choice{setting_.task.task, label::parse_map_recipe(setting_.options.recipe),
                          setting_.request.classes, setting_.request.words};
  words_.emplace(choice, *setting_.model.prompts, items_);
}

void TaskRun::plan() {
  const DiffuGenRequest& request = setting_.request;
  const generate::DiffuGenConfig& config = request.config;
  if (setting_.task.task == DiffuGenTask::kTextToImage) {
    items_ = generate::text_to_image_items(config);
  } else {
    sources_.emplace(setting_.task.source, setting_.task.own_source
                                               ? generate::text_to_image_items(config)
                                               : std::vector<DiffuGenItem>());
    items_ = setting_.task.task == DiffuGenTask::kImageToImage
                 ? generate::image_to_image_items(*config.img2img, sources_->items())
                 : generate::inpainting_items(*config.inpaint, sources_->items());
  }
  if (request.limit > 0 && static_cast<std::int64_t>(items_.size()) > request.limit) {
    items_.resize(static_cast<std::size_t>(request.limit));
  }
  if (items_.empty()) {
    core::log_warning(
        fmt::format("{}: no picture of {} has another time, sky or weather, or an "
                    "object to replace",
                    generate::task_name(setting_.task.task), setting_.task.source.string()));
  }
}

label::DiffuGenPromptDetails TaskRun::details_of(const DiffuGenItem& item) const {
  return {item.seed, setting_.request.steps, item.prompt, item.prompt_template, item.attributes};
}

std::optional<std::int64_t> TaskRun::class_of(const DiffuGenItem& item) const {
  const std::vector<std::string>& classes = setting_.request.classes;
  const auto place = std::find(classes.begin(), classes.end(), item.object);
  if (place == classes.end()) return std::nullopt;
  return place - classes.begin();
}

bool TaskRun::prepare(Work& work, bool count) {
  work.details = details_of(work.item);
  if (!sources_) return true;
  const std::optional<SourcePicture> source =
      sources_->open(static_cast<std::size_t>(work.item.source));
  if (!source) {
    outcome_.waiting += count ? 1 : 0;
    return false;
  }
  if (setting_.task.task == DiffuGenTask::kInpainting && source->labels.labels.empty()) {
    outcome_.unlabelled += count ? 1 : 0;
    return false;
  }
  const DiffuGenItem& from = sources_->items()[static_cast<std::size_t>(work.item.source)];
  work.source = {{"file", from.folder + "/" + from.stem}, {"sha256", source->sha256}};
  return true;
}

TaskOutcome TaskRun::run() {
  const Json recipe = task_recipe(setting_);
  if (setting_.options.dry_run) {
    folder_.check(recipe);
  } else {
    folder_.claim(recipe, model_record_file(setting_.task.task), model_record(setting_));
  }
  const std::unique_ptr<core::FileLock> lock =
      setting_.options.dry_run ? nullptr : folder_.lock(setting_.request.shard);
  if (!setting_.options.dry_run) folder_.remove_abandoned_files();
  std::vector<Work> unmade;
  for (const DiffuGenItem& item : items_) {
    if (!setting_.request.shard.has(item.source)) continue;
    core::stop_point();
    Work work{item, {}, {}};
    if (!prepare(work, true)) continue;
    ++outcome_.ours;
    if (folder_.state(item, work.details, work.source) == PictureState::kMissing) {
      unmade.push_back(std::move(work));
    }
  }
  outcome_.made = static_cast<std::int64_t>(unmade.size());
  if (setting_.options.dry_run) {
    for (const Work& work : unmade) {
      if (!setting_.options.json) std::printf("%s\n", folder_.image_file(work.item).c_str());
    }
    return outcome_;
  }
  make(unmade);
  summarise();
  return outcome_;
}

void TaskRun::make(const std::vector<Work>& unmade) {
  if (unmade.empty()) return;
  const auto size = static_cast<std::size_t>(setting_.options.batch);
  const auto batches = static_cast<std::int64_t>((unmade.size() + size - 1) / size);
  const std::int64_t skipped =
      sources_ ? generate::skipped_steps(setting_.request.steps, setting_.task.strength) : 0;
  const std::int64_t calls =
      generate::make_scheduler(setting_.model.scheduler, setting_.request.steps, skipped)->size();
  background_->progress = std::make_unique<core::Progress>(
      std::string(generate::task_name(setting_.task.task)), calls * batches, "it");
  try {
    for (std::size_t first = 0; first < unmade.size(); first += size) {
      const auto begin = unmade.begin() + static_cast<std::ptrdiff_t>(first);
      const auto end =
          unmade.begin() + static_cast<std::ptrdiff_t>(std::min(first + size, unmade.size()));
      make_batch({begin, end}, first, unmade.size());
    }
    finish_writing();
  } catch (...) {
    // What was sampled before is written whatever happened; the first failure is the one to tell.
    try {
      background_->finish();
    } catch (...) {
    }
    background_->progress.reset();
    throw;
  }
  background_->progress.reset();
}

void TaskRun::make_batch(const std::vector<Work>& batch, std::size_t done, std::size_t all) {
  const DiffuGenRequest& request = setting_.request;
  generate::SamplingRequest sampling;
  std::vector<torch::Tensor> images, masks;
  // Filled up with the last picture: what comes out does not depend on how many were left to make.
  for (std::int64_t k = 0; k < setting_.options.batch; ++k) {
    const Work& work = batch[std::min(static_cast<std::size_t>(k), batch.size() - 1)];
    sampling.prompts.push_back(work.item.prompt);
    sampling.seeds.push_back(static_cast<std::uint64_t>(work.item.seed));
    if (!sources_) continue;
    const SourcePicture source = sources_->open(static_cast<std::size_t>(work.item.source)).value();
    images.push_back(image_tensor(data::read_image(source.picture), request.size));
    if (setting_.task.task == DiffuGenTask::kInpainting) {
      const auto largest = static_cast<std::size_t>(label::largest_label(source.labels));
      masks.push_back(mask_tensor(label::polygon_picture(source.labels.labels.at(largest),
                                                         request.size.width, request.size.height),
                                  request.size));
    }
  }
  sampling.negatives = {negative_prompt(request)};
  sampling.width = request.size.width;
  sampling.height = request.size.height;
  sampling.scheduler = setting_.model.scheduler;
  sampling.steps = request.steps;
  sampling.guidance = setting_.options.guidance;
  if (!images.empty()) sampling.init = {torch::cat(images), setting_.task.strength};
  if (!masks.empty()) sampling.mask = {torch::cat(masks), generate::InpaintMode::kAuto};

  std::optional<label::AttentionCapture> capture;
  if (setting_.labeller.needs_attention()) {
    label::AttentionCaptureOptions options;
    const std::int64_t factor = setting_.model.networks.autoencoder->config().factor();
    options.latent_height = request.size.height / factor;
    options.latent_width = request.size.width / factor;
    options.batch = setting_.options.batch;
    options.guided = sampling.guidance > 1;
    options.positions = words_->positions();
    capture.emplace(options);
    sampling.observer = &*capture;
  }
  const std::string note =
      batch.size() == 1 ? fmt::format("picture {} of {}", done + 1, all)
                        : fmt::format("pictures {}-{} of {}", done + 1, done + batch.size(), all);
  sampling.on_step = [&](const generate::SamplingStep&) { background_->progress->add(1, note); };
  const generate::SamplingResult result =
      generate::sample(setting_.model.networks, *setting_.model.prompts, sampling);

  finish_writing();
  std::vector<data::RgbImage> pictures = rgb_images(result.images);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto picture = std::make_shared<DatasetPicture>();
    picture->picture = std::move(pictures[i]);
    picture->details = batch[i].details;
    picture->source = batch[i].source;
    picture->skip_when_empty = sources_.has_value();
    if (capture) {
      picture->maps =
          words_->maps(*capture, static_cast<std::int64_t>(i), batch[i].item, request.size);
      const std::vector<std::string> layers = heat_map_layers(*capture);
      picture->layers = static_cast<std::int64_t>(layers.size());
      picture->attention = {{"network_calls", capture->steps()}, {"layers", layers}};
    }
    background_->files.push_back(folder_.image_file(batch[i].item));
    const auto label = [this, picture, prompted = class_of(batch[i].item)] {
      picture->labels = setting_.labeller.label(picture->picture, picture->maps, prompted);
    };
    const bool now = setting_.labeller.runs_network();
    if (now) label();
    background_->under_way.push_back(
        std::async(std::launch::async, [this, picture, label, now, item = batch[i].item] {
          if (!now) label();
          folder_.write(item, *picture);
        }));
  }
}

// Waits for the pictures of the batch before, and names those that were kept.
void TaskRun::finish_writing() {
  background_->finish();
  if (!setting_.options.json && !setting_.options.quiet && !background_->files.empty()) {
    core::clear_progress_line();
    for (const fs::path& file : background_->files) {
      if (fs::exists(file)) std::printf("%s\n", file.c_str());
    }
    std::fflush(stdout);
  }
  background_->files.clear();
}

void TaskRun::summarise() {
  // Of other shards, too: whoever finishes last describes the dataset.
  std::vector<DiffuGenItem> possible;
  std::int64_t waiting = 0, unlabelled = 0;
  for (const DiffuGenItem& item : items_) {
    const std::optional<SourcePicture> source =
        sources_ ? sources_->open(static_cast<std::size_t>(item.source)) : std::nullopt;
    if (sources_ && !source) {
      ++waiting;
    } else if (setting_.task.task == DiffuGenTask::kInpainting && source->labels.labels.empty()) {
      ++unlabelled;
    } else {
      possible.push_back(item);
    }
  }
  const DatasetCounts counts = count_dataset(folder_, possible, setting_.request.classes.size());
  outcome_.counts = counts_json(counts, setting_.request.classes);
  outcome_.counts["sources_without_labels"] = unlabelled;
  outcome_.complete = counts.complete() && waiting == 0;
  const fs::path file = folder_.path() / "dataset.json";
  if (!outcome_.complete) return;
  Json dataset = {{"task", generate::task_name(setting_.task.task)},
                  {"method", setting_.labeller.method()}};
  dataset.update(outcome_.counts);
  if (outcome_.made == 0 && fs::exists(file) && core::read_json(file) == dataset) return;
  write_contact_sheets(folder_, possible, setting_.request.classes);
  core::write_json(file, dataset);
}

}  // namespace ersatz::runner
