// What `diffugen run` was asked for, checked as far as that is possible without a model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/shard.h"
#include "generate/diffugen/config.h"
#include "generate/diffugen/task_items.h"
#include "runner/diffugen/diffugen_options.h"
#include "runner/diffusion/generate_request.h"
#include "runner/labelling/segmenter_choice.h"

namespace ersatz::runner {

struct DiffuGenTaskRequest {
  generate::DiffuGenTask task = generate::DiffuGenTask::kTextToImage;
  std::filesystem::path model;
  std::filesystem::path folder;  // <root>/<dataset>/<task>
  std::filesystem::path source;  // of img2img and inpaint: a task's folder
  // Whether `source` is what this configuration's txt2img makes, so that its pictures are known
  // before they are there.
  bool own_source = false;
  double strength = 1;
};

// A word that is labelled beside the object's own name.
struct LabelWord {
  std::string word;
  std::int64_t class_index = 0;
};

struct DiffuGenRequest {
  generate::DiffuGenConfig config;
  std::vector<DiffuGenTaskRequest> tasks;  // in the order in which they are done
  std::vector<std::string> classes;
  std::vector<LabelWord> words;
  std::optional<SegmenterChoice> segmenter;  // of supervised labels; otherwise from attention
  std::optional<EmbeddingFile> embedding;
  PictureSize size;
  std::int64_t steps = 50;
  core::Shard shard;
  std::int64_t limit = 0;  // 0: none
};

// Reads the configuration and refuses what cannot work: as load_diffugen_config; Error::usage for
// wrong options and a task that the configuration does not have; Error::missing for models,
// embeddings and source datasets that are not there. Paths of the configuration are looked for
// beside it, then from the working directory; datasets are written below the working directory.
DiffuGenRequest check_diffugen_run(const DiffuGenCommand& options);

}  // namespace ersatz::runner
