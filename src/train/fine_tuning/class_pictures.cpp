#include "train/fine_tuning/class_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "generate/diffusion/pipeline.h"
#include "generate/diffusion/prompt_encoder.h"
#include "generate/diffusion/rgb_pictures.h"
#include "generate/diffusion/schedulers/scheduler_config.h"

namespace ersatz::train {

namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr const char* kRequest = "request.json";

fs::path picture_file(const fs::path& folder, std::int64_t index) {
  return folder / fmt::format("{:05}.png", index);
}

// All that a picture depends on, besides its number.
core::Json request_json(const ClassPictureRequest& request, const core::Json& scheduler) {
  return {{"prompt", request.prompt}, {"model", request.model},       {"side", request.side},
          {"steps", request.steps},   {"guidance", request.guidance}, {"seed", request.seed},
          {"scheduler", scheduler}};
}

void check(const ClassPictureRequest& request) {
  if (request.count < 1 || request.steps < 1 || request.batch_size < 1 || request.side < 1) {
    throw Error::usage("class pictures need a number, a size, steps and batches of at least 1");
  }
}

// Keeps pictures of another request from being taken for these.
void claim_folder(const fs::path& folder, const core::Json& wanted) {
  core::make_directories(folder);
  const fs::path file = folder / kRequest;
  if (!fs::exists(file)) {
    core::write_json(file, wanted);
    return;
  }
  const std::vector<std::string> other = core::differing_keys(core::read_json(file), wanted);
  if (other.empty()) return;
  throw Error::usage(fmt::format("{} holds class pictures of another request: '{}' differs",
                                 folder.string(), other.front()),
                     "use another folder, or delete it");
}

std::optional<data::RgbImage> kept_picture(const fs::path& file, std::int64_t side) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    data::RgbImage picture = data::read_image(file);
    if (picture.width == side && picture.height == side) return picture;
    core::log_warning(fmt::format("{} is of another size: it is made again", file.string()));
  } catch (const Error& error) {
    core::log_warning(fmt::format("{}: it is made again", error.what()));
  }
  return std::nullopt;
}

}  // namespace

std::vector<data::RgbImage> class_pictures(models::StableDiffusion& model,
                                           generate::ClipTokenizer tokenizer,
                                           const ClassPictureRequest& request,
                                           const fs::path& folder) {
  check(request);
  claim_folder(folder, request_json(request, model.scheduler));
  std::vector<data::RgbImage> pictures(static_cast<std::size_t>(request.count));
  std::vector<std::int64_t> missing;
  for (std::int64_t i = 0; i < request.count; ++i) {
    auto kept = kept_picture(picture_file(folder, i), request.side);
    if (kept) {
      pictures[static_cast<std::size_t>(i)] = std::move(*kept);
    } else {
      missing.push_back(i);
    }
  }
  if (missing.empty()) return pictures;

  const generate::PromptEncoder encoder(model.text_encoder, std::move(tokenizer));
  generate::SamplingRequest sampling;
  sampling.prompts = {request.prompt};
  sampling.scheduler = generate::parse_scheduler_config(model.scheduler, "scheduler");
  sampling.steps = request.steps;
  sampling.guidance = request.guidance;
  sampling.width = sampling.height = request.side;
  core::Progress progress("class pictures", request.count, "image");
  progress.start_from(request.count - static_cast<std::int64_t>(missing.size()));
  const auto size = static_cast<std::size_t>(request.batch_size);
  for (std::size_t done = 0; done < missing.size(); done += size) {
    const std::size_t end = std::min(done + size, missing.size());
    sampling.seeds.clear();
    for (std::size_t i = done; i < end; ++i) {
      sampling.seeds.push_back(request.seed + static_cast<std::uint64_t>(missing[i]));
    }
    std::vector<data::RgbImage> made =
        generate::rgb_images(generate::sample(model, encoder, sampling).images);
    for (std::size_t i = done; i < end; ++i) {
      data::RgbImage& picture = made[i - done];
      core::write_file_atomic(picture_file(folder, missing[i]),
                              data::encode_png(picture, {{"prompt", request.prompt}}));
      pictures[static_cast<std::size_t>(missing[i])] = std::move(picture);
    }
    progress.add(static_cast<std::int64_t>(end - done));
    core::stop_point();
  }
  return pictures;
}

}  // namespace ersatz::train
