#include "runner/training/training_model.h"

#include <fmt/format.h>

#include <filesystem>

#include "compute/torch_device.h"
#include "core/error.h"
#include "models/diffusion/model_loading.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/named_choices.h"
#include "runner/diffusion/number_types.h"

namespace ersatz::runner {

namespace fs = std::filesystem;
using core::Error;

namespace {

constexpr int kMaxSide = 8192;  // px

}  // namespace

ModelShape model_shape(const std::string& model) {
  std::error_code ignored;
  if (!fs::exists(model, ignored)) {
    throw Error::missing(fmt::format("there is no model {}", model),
                         "a folder in diffusers' layout, or a .safetensors or .ckpt file");
  }
  ModelShape shape;
  if (!fs::exists(fs::path(model) / "model_index.json", ignored)) return shape;
  const models::Architecture architecture = models::read_folder_architecture(model, {});
  shape.factor = architecture.autoencoder.factor();
  shape.tokens = architecture.text.positions;
  if (architecture.unet.sample_size > 0) {
    shape.side = static_cast<int>(architecture.unet.sample_size * shape.factor);
  }
  return shape;
}

int picture_side(int size, const ModelShape& shape) {
  if (size == 0 && shape.side > kMaxSide) {
    throw Error::usage(fmt::format("the model's own pictures have {} px a side; {} are the most",
                                   shape.side, kMaxSide),
                       "--size says which size to learn from");
  }
  if (size == 0) return shape.side;
  const auto factor = static_cast<int>(shape.factor);
  if (size < factor || size > kMaxSide || size % factor != 0) {
    throw Error::usage(
        fmt::format("--size {}: the side of the pictures is a multiple of {} px, at most {}", size,
                    factor, kMaxSide));
  }
  return size;
}

models::LoadOptions training_load_options(const TrainingModel& model) {
  require_device_name(model.device);
  if (!model.prediction.empty()) {
    choice("--prediction", model.prediction, {"epsilon", "v_prediction"});
  }
  choice("number type", model.dtype, {"auto", "fp32", "bf16"});
  models::LoadOptions load;
  load.device = compute::torch_device(model.device);
  load.compute_type = parse_number_type(model.dtype);
  if (!load.compute_type) {
    load.compute_type = load.device.is_cpu() ? c10::ScalarType::Float : c10::ScalarType::BFloat16;
  }
  load.variant = model.variant;
  load.prediction = model.prediction;
  if (!model.tokenizer.empty() && fs::is_directory(model.tokenizer)) {
    load.tokenizer = model.tokenizer;
  }
  return load;
}

GenerateOptions model_options(const TrainingModel& model) {
  GenerateOptions options;
  options.model = model.model;
  options.variant = model.variant;
  options.tokenizer = model.tokenizer;
  options.prediction = model.prediction;
  return options;
}

void check_output_folder(const std::string& out) {
  std::error_code ignored;
  if (fs::exists(out, ignored) && !fs::is_directory(out, ignored)) {
    throw Error::usage(fmt::format("--out {} is a file, not a folder", out));
  }
}

}  // namespace ersatz::runner
