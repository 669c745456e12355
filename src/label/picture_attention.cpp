#include "label/picture_attention.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/philox.h"
#include "generate/diffusion/latent_noise.h"
#include "generate/diffusion/preprocess.h"
#include "label/attention_capture.h"

namespace ersatz::label {
namespace {

using core::Error;

// The network sees this many tokens of a prompt, beside BOS and EOS.
constexpr std::size_t kSeen = 75;

void check(const PictureAttentionOptions& options) {
  if (!(options.least_noise >= 0 && options.most_noise <= 1 &&
        options.least_noise <= options.most_noise)) {
    throw Error::usage(fmt::format("noise from {} to {} is no part of 0 to 1", options.least_noise,
                                   options.most_noise));
  }
  if (options.looks < 1 || options.looks > 1000) {
    throw Error::usage(fmt::format("{} looks at a picture", options.looks));
  }
}

std::int64_t timestep_of(const PictureAttentionOptions& options, std::int64_t look,
                         std::int64_t timesteps) {
  const double along =
      options.looks == 1 ? 0.5 : static_cast<double>(look) / static_cast<double>(options.looks - 1);
  const double share = options.least_noise + along * (options.most_noise - options.least_noise);
  const double last = static_cast<double>(timesteps - 1);
  return static_cast<std::int64_t>(std::lround(share * last));
}

data::GreyImage grey_image(const torch::Tensor& map) {
  const torch::Tensor levels = map.to(torch::kCPU, torch::kFloat32)
                                   .mul(255)
                                   .round_()
                                   .clamp_(0, 255)
                                   .to(torch::kUInt8)
                                   .contiguous();
  const auto* begin = levels.data_ptr<std::uint8_t>();
  return {static_cast<int>(map.size(1)), static_cast<int>(map.size(0)),
          std::vector<std::uint8_t>(begin, begin + levels.numel())};
}

}  // namespace

PictureAttention::PictureAttention(models::StableDiffusion& model,
                                   const generate::PromptEncoder& prompts,
                                   const generate::SchedulerConfig& schedule,
                                   const PictureAttentionOptions& options)
    : model_(model), prompts_(prompts), options_(options), noise_(schedule, model.device) {
  check(options_);
  if (model.unet->config().in_channels != model.autoencoder->config().latent_channels) {
    throw Error::usage(
        fmt::format("a model with {} input channels is for inpainting: it cannot look at a picture "
                    "alone",
                    model.unet->config().in_channels));
  }
}

PictureAttention::Prompt PictureAttention::read(const AttendedPicture& picture) const {
  std::vector<std::int64_t> ids = prompts_.token_ids(picture.prompt);
  if (ids.size() > kSeen) ids.resize(kSeen);
  Prompt prompt;
  prompt.tokens = static_cast<std::int64_t>(ids.size());
  std::set<std::int64_t> taken;
  for (const AttendedWord& word : picture.words) {
    std::vector<std::int64_t> rows = word_rows(ids, prompts_.token_ids(word.word));
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [&](std::int64_t row) { return taken.count(row) != 0; }),
               rows.end());
    if (rows.empty()) {
      throw Error::usage(fmt::format("'{}' is not within the first {} tokens of the prompt '{}'",
                                     word.word, kSeen, picture.prompt),
                         "heat maps exist for the prompt's own words");
    }
    taken.insert(rows.begin(), rows.end());
    prompt.words.push_back({word, std::move(rows)});
  }
  return prompt;
}

std::vector<std::vector<WordMap>> PictureAttention::look(
    const std::vector<AttendedPicture>& pictures) {
  if (pictures.empty()) return {};
  const torch::NoGradGuard no_grad;
  const auto batch = static_cast<std::int64_t>(pictures.size());
  std::vector<torch::Tensor> pixels;
  std::vector<std::string> texts;
  std::vector<std::uint64_t> seeds;
  std::vector<Prompt> read_prompts;
  std::int64_t most_tokens = 0;
  for (const AttendedPicture& picture : pictures) {
    pixels.push_back(picture.pixels);
    texts.push_back(picture.prompt);
    seeds.push_back(core::stream_seed(options_.seed, "picture attention", picture.number));
    read_prompts.push_back(read(picture));
    most_tokens = std::max(most_tokens, read_prompts.back().tokens);
  }
  const torch::Tensor images = torch::cat(pixels);
  const models::AutoencoderConfig& coding = model_.autoencoder->config();
  if (images.size(2) % coding.factor() != 0 || images.size(3) % coding.factor() != 0) {
    throw Error::usage(
        fmt::format("a picture of {} x {} px has no latents: sides must be "
                    "multiples of {}",
                    images.size(3), images.size(2), coding.factor()));
  }
  AttentionCaptureOptions capturing;
  capturing.latent_height = images.size(2) / coding.factor();
  capturing.latent_width = images.size(3) / coding.factor();
  capturing.batch = batch;
  capturing.guided = false;
  capturing.include_mid_block = options_.maps.mid_block;
  capturing.positions = most_tokens + 2;
  AttentionCapture capture(capturing);

  const std::vector<std::int64_t> shape = {coding.latent_channels, capturing.latent_height,
                                           capturing.latent_width};
  generate::LatentNoise random(seeds, shape, model_.device);
  // The mean of what the picture may be encoded to.
  const torch::Tensor clean = generate::encode_image(
      *model_.autoencoder, images.to(model_.device, torch::kFloat32),
      torch::zeros({batch, shape[0], shape[1], shape[2]}, model_.device), model_.compute_type);
  const torch::Tensor hidden = prompts_.encode(texts).hidden.to(model_.device, model_.compute_type);
  const models::CrossAttentionCache cache = model_.unet->cross_attention_cache(hidden);
  for (std::int64_t look = 0; look < options_.looks; ++look) {
    const std::int64_t timestep = timestep_of(options_, look, noise_.timesteps());
    const torch::Tensor steps =
        torch::full({batch}, timestep, torch::TensorOptions(model_.device).dtype(torch::kInt64));
    const torch::Tensor noisy = noise_.add_noise(clean, random.draw(), steps);
    model_.unet->forward(noisy.to(model_.compute_type), steps.to(torch::kFloat32), cache, &capture);
  }

  std::vector<std::vector<WordMap>> all;
  for (std::int64_t i = 0; i < batch; ++i) {
    const Prompt& prompt = read_prompts[static_cast<std::size_t>(i)];
    const torch::Tensor global = global_heat_map(capture, i, prompt.tokens, options_.maps);
    std::vector<WordMap> maps;
    for (const Word& word : prompt.words) {
      const torch::Tensor map =
          expand_heat_map(word_heat_map(global, word.rows), images.size(2), images.size(3));
      maps.push_back({word.asked.class_index, word.asked.word, grey_image(map)});
    }
    all.push_back(std::move(maps));
  }
  return all;
}

}  // namespace ersatz::label
