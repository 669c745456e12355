// All that the bytes of a task's dataset depend on, as JSON; and what the published program records
// of its model.
#pragma once

#include <string>

#include "core/json.h"
#include "runner/diffugen/task_run.h"

namespace ersatz::runner {

// Without paths of this machine, --limit, --shard and image_count.
core::Json task_recipe(const TaskSetting& setting);

std::string negative_prompt(const DiffuGenRequest& request);

// "sd_model_info.json", of img2img and inpaint "stable_diffusion_model_info.json".
std::string model_record_file(generate::DiffuGenTask task);
// {"model", "torch_dtype"}, of txt2img also "initial_seed" and "load_textual_inversion".
core::Json model_record(const TaskSetting& setting);

}  // namespace ersatz::runner
