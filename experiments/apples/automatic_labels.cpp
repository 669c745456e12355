#include "automatic_labels.h"

#include <algorithm>
#include <utility>

#include "compute/torch_device.h"
#include "core/error.h"
#include "core/progress.h"
#include "core/signals.h"
#include "label/map_labels.h"
#include "label/picture_attention.h"
#include "models/detection/detector_file.h"
#include "models/detection/detector_zoo.h"
#include "models/detection/object_finder.h"
#include "runner/diffusion/image_tensors.h"

namespace ersatz::apples {
namespace {

namespace fs = std::filesystem;
using Objects = std::vector<std::vector<label::AnnotatedObject>>;

void best_first(std::vector<label::AnnotatedObject>& objects) {
  std::stable_sort(objects.begin(), objects.end(),
                   [](const label::AnnotatedObject& a, const label::AnnotatedObject& b) {
                     return a.score > b.score;
                   });
}

}  // namespace

AutomaticLabeller::AutomaticLabeller(const core::Config& config, const GeneratorFiles& generator,
                                     const fs::path& detector, const std::string& device)
    : config_(config), generator_(generator), detector_(detector), device_(device) {}

AutomaticLabeller::~AutomaticLabeller() = default;

Objects AutomaticLabeller::labels(LabelMethod method,
                                  const std::vector<SeenPicture>& pictures) const {
  if (method == LabelMethod::kDetector) return by_detector(pictures);
  if (method == LabelMethod::kAttention) return by_attention(pictures);
  throw core::Error::usage("manual labels are not made by a network");
}

Objects AutomaticLabeller::by_detector(const std::vector<SeenPicture>& pictures) const {
  Objects all(pictures.size());
  if (!fs::exists(detector_)) return all;
  const models::LoadedDetector loaded = models::load_detector(detector_);
  loaded.network->to(compute::torch_device(device_));
  models::FindOptions options;
  options.input.size = loaded.description.size;
  options.selection.confidence = config_.get_float("labels.confidence");
  options.selection.overlap = models::usual_overlap(loaded.description.architecture);
  const models::ObjectFinder finder(loaded.network, options, compute::torch_device(device_));
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    for (const models::FoundObject& found : finder.find(pictures[i].pixels)) {
      label::AnnotatedObject object;
      object.box = found.box;
      object.score = found.score;
      object.origin = {{"method", "detector"}};
      all[i].push_back(std::move(object));
    }
    core::stop_point();
  }
  return all;
}

Objects AutomaticLabeller::by_attention(const std::vector<SeenPicture>& pictures) const {
  const std::unique_ptr<runner::DiffusionModel> model = load_generator(generator_, device_);
  label::PictureAttentionOptions options;
  options.least_noise = config_.get_float("attention.least_noise");
  options.most_noise = config_.get_float("attention.most_noise");
  options.looks = config_.get_int("attention.looks");
  options.seed = static_cast<std::uint64_t>(config_.get_int("seed"));
  label::PictureAttention attention(model->networks, *model->prompts, model->scheduler, options);
  const auto side = static_cast<int>(config_.get_int("generator.side"));
  const auto batch = static_cast<std::size_t>(config_.get_int("attention.batch_size"));
  core::Progress progress("looking", static_cast<std::int64_t>(pictures.size()), "img");
  Objects all(pictures.size());
  for (std::size_t first = 0; first < pictures.size(); first += batch) {
    const std::size_t end = std::min(first + batch, pictures.size());
    std::vector<label::AttendedPicture> questions;
    for (std::size_t i = first; i < end; ++i) {
      label::AttendedPicture question;
      question.pixels = runner::image_tensor(pictures[i].pixels, {side, side});
      question.prompt = pictures[i].prompt;
      question.words = {{0, config_.get_string("attention.word")}};
      question.number = pictures[i].number;
      questions.push_back(std::move(question));
    }
    const std::vector<std::vector<label::WordMap>> maps = attention.look(questions);
    for (std::size_t i = first; i < end; ++i) {
      const double x = static_cast<double>(pictures[i].pixels.width) / side;
      const double y = static_cast<double>(pictures[i].pixels.height) / side;
      for (const label::ObjectLabel& found :
           label::labels_of_maps(maps[i - first], label::MapRecipe::kFixed)) {
        label::AnnotatedObject object;
        object.box = {found.box.x * x, found.box.y * y, found.box.width * x, found.box.height * y};
        object.score = found.score;
        object.origin = {{"method", "attention"}, {"word", found.origin.word}};
        all[i].push_back(std::move(object));
      }
      best_first(all[i]);
    }
    progress.add(static_cast<std::int64_t>(end - first));
    core::stop_point();
  }
  return all;
}

}  // namespace ersatz::apples
