#include "runner/diffusion/generate_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/progress.h"
#include "core/shard.h"
#include "data/images/orientation.h"
#include "generate/diffusion/skipped_steps.h"
#include "runner/diffusion/named_choices.h"
#include "runner/diffusion/prompt_file.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr int kSideStep = 8;  // px
constexpr int kMaxSide = 8192;

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

void require_multiple_of_8(int width, int height, const std::string& what) {
  if (width % kSideStep == 0 && height % kSideStep == 0) return;
  const auto nearest = [](int side) {
    return std::max(kSideStep, (side + kSideStep / 2) / kSideStep * kSideStep);
  };
  throw Error::usage(
      fmt::format("{} {}x{} is not a multiple of 8 in both directions", what, width, height),
      fmt::format("--size {}x{} is the nearest that is", nearest(width), nearest(height)));
}

void require_file(const fs::path& file, const char* what) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    throw Error::missing(fmt::format("there is no {} {}", what, file.string()));
  }
}

// "FILE=setting" in two; a file whose name has a '=' in it counts as it is.
std::pair<std::string, std::string> split_setting(const std::string& text) {
  std::error_code ignored;
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || fs::exists(text, ignored)) return {text, {}};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

LoraFile parse_lora(const std::string& text) {
  const auto [file, setting] = split_setting(text);
  LoraFile lora{file, 1};
  if (!setting.empty() && (!parse_whole(setting, lora.scale) || !std::isfinite(lora.scale))) {
    throw Error::usage(fmt::format("--lora {}: the scale '{}' is not a number", text, setting),
                       "for example --lora style.safetensors=0.8");
  }
  require_file(lora.file, "LoRA file");
  return lora;
}

EmbeddingFile parse_embedding(const std::string& text) {
  const auto [file, token] = split_setting(text);
  require_text(token, "the token of --embedding");
  if (token.find_first_of(" \t\n") != std::string::npos) {
    throw Error::usage(fmt::format("--embedding {}: a token cannot hold white space", text));
  }
  require_file(file, "embedding file");
  return {file, token};
}

GenerateMode parse_mode(const std::string& name) {
  if (name.empty()) {
    throw Error::usage("mode is required: txt2img, img2img, inpaint or cgan",
                       "`ersatz generate --help` shows what it takes");
  }
  switch (choice("mode", name, {"txt2img", "img2img", "inpaint"})) {
    case 0:
      return GenerateMode::kTextToImage;
    case 1:
      return GenerateMode::kImageToImage;
    default:
      return GenerateMode::kInpaint;
  }
}

void read_pictures(const GenerateOptions& options, GenerateRequest& request) {
  const bool wants_image = request.mode != GenerateMode::kTextToImage;
  const bool wants_mask = request.mode == GenerateMode::kInpaint;
  const auto match = [&](bool wanted, const std::string& value, const char* option) {
    if (wanted && value.empty())
      throw Error::usage(fmt::format("{} needs {}", options.mode, option));
    if (!wanted && !value.empty()) {
      throw Error::usage(fmt::format("{} means nothing to {}", option, options.mode));
    }
  };
  match(wants_image, options.image, "--image");
  match(wants_mask, options.mask, "--mask");
  if (!wants_image && options.strength) match(false, "given", "--strength");
  if (!wants_image) return;
  request.strength = options.strength.value_or(wants_mask ? 1.0 : 0.8);
  if (!(request.strength > 0 && request.strength <= 1)) {
    throw Error::usage(fmt::format("--strength {} is not above 0 and at most 1", request.strength));
  }
  if (generate::skipped_steps(options.steps, request.strength) >= options.steps) {
    throw Error::usage(fmt::format("--strength {} of {} steps leaves none to run", request.strength,
                                   options.steps),
                       "use more steps or a larger strength");
  }
  request.image = data::read_upright_image(options.image);
  if (wants_mask) {
    request.mask = data::to_grey(data::read_upright_image(options.mask));
    if (request.mask->width != request.image->width ||
        request.mask->height != request.image->height) {
      throw Error::usage(
          fmt::format("the mask has {}x{} pixels, the image {}x{}", request.mask->width,
                      request.mask->height, request.image->width, request.image->height),
          "both must have the same size");
    }
  }
  if (!request.size) {
    require_multiple_of_8(request.image->width, request.image->height, "the image's size");
    request.size = PictureSize{request.image->width, request.image->height};
  }
}

std::vector<std::string> all_prompts(const GenerateOptions& options) {
  if (!options.prompt_file.empty()) return read_prompt_file(options.prompt_file);
  if (options.prompts.empty()) {
    throw Error::usage("no prompt was given", "--prompt TEXT, or --prompts FILE");
  }
  for (const std::string& prompt : options.prompts) require_text(prompt, "--prompt");
  return options.prompts;
}

void plan_images(const GenerateOptions& options, const core::Shard& shard,
                 GenerateRequest& request) {
  const std::vector<std::string> prompts = all_prompts(options);
  const std::vector<std::string>& negatives = options.negatives;
  for (const std::string& negative : negatives) require_text(negative, "--negative");
  if (negatives.size() > 1 && negatives.size() != prompts.size()) {
    throw Error::usage(
        fmt::format("{} negative prompts for {} prompts", negatives.size(), prompts.size()),
        "give none, one for all, or one for each");
  }
  constexpr std::int64_t kMaxImages = 10'000'000;
  const auto prompt_count = static_cast<std::int64_t>(prompts.size());
  if (prompt_count > kMaxImages / options.count) {
    throw Error::usage(fmt::format("{} images of {} prompts are more than {}", options.count,
                                   prompt_count, kMaxImages));
  }
  request.total = prompt_count * options.count;
  if (options.seed >
      std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(request.total - 1)) {
    throw Error::usage(
        fmt::format("--seed {} leaves no seeds for {} images", options.seed, request.total));
  }
  for (std::int64_t k = shard.index; k < request.total; k += shard.count) {
    const auto prompt = static_cast<std::size_t>(k / options.count);
    ImageTask task;
    task.index = k;
    task.prompt = prompts[prompt];
    if (!negatives.empty()) task.negative = negatives[negatives.size() == 1 ? 0 : prompt];
    task.seed = options.seed + static_cast<std::uint64_t>(k);
    request.images.push_back(std::move(task));
  }
}

void check_words(const GenerateOptions& options) {
  core::parse_progress_mode(options.progress);
  require_device_name(options.device);
  choice("--dtype", options.dtype, number_type_names());
  choice("--weights-dtype", options.weights_dtype, number_type_names());
  choice("--prompt-weights", options.prompt_weights, {"off", "a1111", "compel"});
  choice("--inpaint", options.inpaint, {"auto", "legacy"});
  if (!options.prediction.empty()) {
    choice("--prediction", options.prediction, {"epsilon", "v_prediction"});
  }
  for (const std::string& word : options.attention) require_text(word, "--attention");
}

void check_files(const GenerateOptions& options) {
  std::error_code ignored;
  if (!fs::exists(options.model, ignored)) {
    throw Error::missing(fmt::format("there is no model {}", options.model),
                         "a folder in diffusers' layout, or a .safetensors or .ckpt file");
  }
  if (fs::exists(options.out, ignored) && !fs::is_directory(options.out, ignored)) {
    throw Error::usage(fmt::format("--out {} is a file, not a folder", options.out));
  }
  if (!options.tokenizer.empty() && !fs::exists(options.tokenizer, ignored)) {
    throw Error::missing(fmt::format("there is no tokenizer {}", options.tokenizer));
  }
  if (!options.taesd.empty() && !fs::is_directory(options.taesd, ignored)) {
    throw Error::missing(fmt::format("there is no folder {} with TAESD's weights", options.taesd));
  }
  if (!options.init_latents.empty()) require_file(options.init_latents, "file of initial latents");
  if (!options.noise.empty()) require_file(options.noise, "file of noise");
}

}  // namespace

const char* generate_mode_name(GenerateMode mode) {
  switch (mode) {
    case GenerateMode::kTextToImage:
      return "txt2img";
    case GenerateMode::kImageToImage:
      return "img2img";
    case GenerateMode::kInpaint:
      return "inpaint";
  }
  return "";
}

PictureSize parse_picture_size(const std::string& text) {
  PictureSize size;
  const std::size_t cross = text.find('x');
  if (cross == std::string::npos ||
      !parse_whole(std::string_view(text).substr(0, cross), size.width) ||
      !parse_whole(std::string_view(text).substr(cross + 1), size.height)) {
    throw Error::usage(fmt::format("--size {} is not of the form WxH", text),
                       "for example --size 512x768 (width first)");
  }
  if (size.width < kSideStep || size.height < kSideStep || size.width > kMaxSide ||
      size.height > kMaxSide) {
    throw Error::usage(
        fmt::format("--size {} is not between {} and {} pixels", text, kSideStep, kMaxSide));
  }
  require_multiple_of_8(size.width, size.height, "--size");
  return size;
}

std::string ImageTask::stem() const { return fmt::format("{:05d}_{}", index, seed); }

GenerateRequest check_generate(const GenerateOptions& options) {
  GenerateRequest request;
  request.mode = parse_mode(options.mode);
  check_words(options);
  if (!options.size.empty()) request.size = parse_picture_size(options.size);
  plan_images(options, core::parse_shard(options.shard), request);
  check_files(options);
  require_scheduler(options.scheduler);
  for (const std::string& text : options.embeddings) {
    request.embeddings.push_back(parse_embedding(text));
  }
  for (const std::string& text : options.loras) request.loras.push_back(parse_lora(text));
  read_pictures(options, request);
  return request;
}

}  // namespace ersatz::runner
