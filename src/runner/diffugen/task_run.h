// Making one task of a DiffuGen dataset with a model that is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/json.h"
#include "generate/diffugen/task_items.h"
#include "label/picture_labeller.h"
#include "runner/diffugen/dataset_folder.h"
#include "runner/diffugen/diffugen_request.h"
#include "runner/diffugen/source_dataset.h"
#include "runner/diffugen/word_attention.h"
#include "runner/diffusion/model_digest.h"
#include "runner/diffusion/model_setup.h"

namespace ersatz::runner {

struct TaskSetting {
  const DiffuGenCommand& options;
  const DiffuGenRequest& request;
  const DiffuGenTaskRequest& task;
  DiffusionModel& model;  // its scheduler is the task's
  const ModelDigest& digest;
  const label::PictureLabeller& labeller;
};

// What became of a task: for messages and --json.
struct TaskOutcome {
  std::int64_t ours = 0;        // pictures of this shard that can be made
  std::int64_t made = 0;        // now, or with --dry-run: to be made
  std::int64_t waiting = 0;     // of this shard: their source is not there yet
  std::int64_t unlabelled = 0;  // of this shard: inpainting of a source without labels
  core::Json counts;            // of the whole dataset (dataset_summary.h)
  bool complete = false;
};

class TaskRun {
 public:
  // Plans the task. Errors as SourceDataset and WordAttention; Error::usage when the folder holds
  // pictures of another recipe.
  explicit TaskRun(const TaskSetting& setting);

  // Makes what is missing; with --dry-run only names it.
  TaskOutcome run();

 private:
  struct Work {
    generate::DiffuGenItem item;
    label::DiffuGenPromptDetails details;
    core::Json source;  // null for text-to-image
  };

  void plan();
  label::DiffuGenPromptDetails details_of(const generate::DiffuGenItem& item) const;
  std::optional<std::int64_t> class_of(const generate::DiffuGenItem& item) const;
  // Whether an item can be made; fills its source. Counts why not when `count`.
  bool prepare(Work& work, bool count);
  void make(const std::vector<Work>& unmade);
  void make_batch(const std::vector<Work>& batch, std::size_t done, std::size_t all);
  void finish_writing();
  void summarise();

  TaskSetting setting_;
  DatasetFolder folder_;
  std::optional<SourceDataset> sources_;
  std::vector<generate::DiffuGenItem> items_;  // of all shards, up to the limit
  std::optional<WordAttention> words_;
  TaskOutcome outcome_;
  struct Background;
  std::shared_ptr<Background> background_;
};

}  // namespace ersatz::runner
