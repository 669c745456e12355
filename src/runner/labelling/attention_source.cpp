#include "runner/labelling/attention_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/signals.h"
#include "data/images/image_file.h"
#include "data/images/resize.h"
#include "label/map_labels.h"
#include "runner/diffusion/image_tensors.h"
#include "runner/diffusion/model_digest.h"

namespace ersatz::runner {
namespace {

using core::Error;

// The picture's size rounded down to what the model can look at.
PictureSize looked_at(const data::RgbImage& picture, std::int64_t factor) {
  // Halved three times on the way down through the network.
  const auto step = static_cast<int>(factor * 8);
  const auto down = [&](int side) { return std::max(step, side / step * step); };
  return {down(picture.width), down(picture.height)};
}

data::GreyImage at_size(data::GreyImage map, const data::RgbImage& picture) {
  if (map.width == picture.width && map.height == picture.height) return map;
  data::RgbImage grey{map.width, map.height, {}};
  grey.pixels.reserve(3 * map.pixels.size());
  for (const std::uint8_t level : map.pixels) grey.pixels.insert(grey.pixels.end(), 3, level);
  return data::to_grey(data::resize_bicubic(grey, picture.width, picture.height));
}

std::unique_ptr<DiffusionModel> load(const LabelCommand& options) {
  GenerateOptions loading;
  loading.model = options.model;
  loading.tokenizer = options.tokenizer;
  loading.device = options.device;
  loading.dtype = options.dtype;
  GenerateRequest request;
  if (!options.embedding.empty()) {
    const std::size_t equals = options.embedding.rfind('=');
    request.embeddings = {
        {options.embedding.substr(0, equals),
         equals == std::string::npos ? "" : options.embedding.substr(equals + 1)}};
  }
  return std::make_unique<DiffusionModel>(
      load_model(loading, request, load_model_tokenizer(loading)));
}

}  // namespace

AttentionSource::AttentionSource(const LabelCommand& options, std::vector<LabelClass> classes)
    : options_(options), classes_(std::move(classes)) {
  if (options.model.empty()) return;
  model_ = load(options);
  digest_ = digest_model(options.model, "", [] { return core::pending_signal() != 0; }).digest;
  core::stop_point();
  label::PictureAttentionOptions how;
  how.least_noise = options.least_noise;
  how.most_noise = options.most_noise;
  how.looks = options.looks;
  how.seed = options.seed;
  how.maps.normalise = options.normalise;
  attention_ = std::make_unique<label::PictureAttention>(model_->networks, *model_->prompts,
                                                         model_->scheduler, how);
}

AttentionSource::~AttentionSource() = default;

core::Json AttentionSource::settings() const {
  core::Json settings = {{"method", method()}, {"model", digest_}};
  if (!attention_) return settings;
  settings.update({{"prompt", options_.prompt},
                   {"embedding", options_.embedding},
                   {"looks", options_.looks},
                   {"least_noise", options_.least_noise},
                   {"most_noise", options_.most_noise},
                   {"seed", options_.seed},
                   {"batch", options_.batch},
                   {"dtype", model_->compute_type}});
  if (options_.normalise) settings["normalise"] = true;
  return settings;
}

std::int64_t AttentionSource::batch() const { return attention_ ? options_.batch : 1; }

std::vector<label::WordMap> AttentionSource::kept_maps(const LabelledSource& picture,
                                                       const data::RgbImage& pixels) const {
  std::vector<label::WordMap> maps;
  for (std::size_t k = 0; k < classes_.size(); ++k) {
    const auto map = picture.maps.find(classes_[k].found_as);
    if (map == picture.maps.end()) continue;
    maps.push_back({static_cast<std::int64_t>(k), classes_[k].found_as,
                    at_size(data::to_grey(data::read_image(map->second)), pixels)});
  }
  if (maps.empty()) {
    throw Error::usage(
        fmt::format("there is no heat map of a class beside {}", picture.picture.path.string()),
        "--model DIR looks at pictures that have none");
  }
  return maps;
}

label::AttendedPicture AttentionSource::question(const LabelledSource& picture,
                                                 const data::RgbImage& pixels) const {
  label::AttendedPicture question;
  question.prompt = options_.prompt.empty() ? picture.prompt : options_.prompt;
  if (question.prompt.empty() && classes_.size() == 1) {
    question.prompt = "a photo of a " + classes_.front().found_as;
  }
  if (question.prompt.empty()) {
    throw Error::usage(fmt::format("{} does not say what it shows", picture.picture.path.string()),
                       "--prompt TEXT");
  }
  const std::vector<std::int64_t> ids = model_->prompts->token_ids(question.prompt);
  for (std::size_t k = 0; k < classes_.size(); ++k) {
    const std::string& word = classes_[k].found_as;
    if (label::word_rows(ids, model_->prompts->token_ids(word)).empty()) continue;
    question.words.push_back({static_cast<std::int64_t>(k), word});
  }
  if (question.words.empty()) {
    throw Error::usage(fmt::format("the prompt '{}' names none of the classes", question.prompt),
                       "--classes CLASS=WORD says which word of the prompt is a class");
  }
  question.pixels =
      image_tensor(pixels, looked_at(pixels, model_->networks.autoencoder->config().factor()));
  question.number = static_cast<std::uint64_t>(picture.picture.id);
  return question;
}

std::vector<std::vector<label::ObjectLabel>> AttentionSource::labels(
    const std::vector<LabelledSource>& pictures, const std::vector<data::RgbImage>& pixels) const {
  const label::MapRecipe recipe = label::parse_map_recipe(options_.recipe);
  std::vector<std::vector<label::ObjectLabel>> all;
  if (!attention_) {
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      all.push_back(label::labels_of_maps(kept_maps(pictures[i], pixels[i]), recipe));
    }
    return all;
  }
  std::vector<label::AttendedPicture> questions;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    questions.push_back(question(pictures[i], pixels[i]));
  }
  std::vector<std::vector<label::WordMap>> maps = attention_->look(questions);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    for (label::WordMap& map : maps[i]) map.map = at_size(std::move(map.map), pixels[i]);
    all.push_back(label::labels_of_maps(maps[i], recipe));
  }
  return all;
}

}  // namespace ersatz::runner
