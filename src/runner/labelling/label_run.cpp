#include "runner/labelling/label_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "compute/threads.h"
#include "core/digest.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/images/image_file.h"
#include "runner/detection/drawn_objects.h"
#include "runner/detection/found_objects.h"
#include "runner/labelling/attention_source.h"
#include "runner/labelling/picture_source.h"
#include "runner/labelling/segmenter_source.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

// Who labels: how, and how many pictures of one size at once.
struct Labeller {
  std::string method;
  Json settings;
  std::size_t batch = 1;
  std::function<std::vector<std::vector<label::ObjectLabel>>(const std::vector<LabelledSource>&,
                                                             const std::vector<data::RgbImage>&)>
      labels;
};

Labeller labeller_of(const LabelCommand& options, const std::vector<LabelClass>& classes) {
  if (options.method == "segmenter") {
    std::vector<std::string> dataset;
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const LabelClass& own : classes) {
      dataset.push_back(own.name);
      pairs.emplace_back(own.name, own.found_as);
    }
    const SegmenterChoice choice{options.weights,    options.network_classes,
                                 options.confidence, options.overlap,
                                 options.size,       options.trust};
    auto source = std::make_shared<SegmenterSource>(choice, dataset, pairs, options.device);
    return {source->method(), source->settings(), 1,
            [source](const auto&, const std::vector<data::RgbImage>& pixels) {
              return std::vector<std::vector<label::ObjectLabel>>{
                  source->label(pixels.front(), {}, std::nullopt)};
            }};
  }
  auto source = std::make_shared<AttentionSource>(options, classes);
  return {source->method(), source->settings(), static_cast<std::size_t>(source->batch()),
          [source](const std::vector<LabelledSource>& pictures,
                   const std::vector<data::RgbImage>& pixels) {
            return source->labels(pictures, pixels);
          }};
}

// SHA-256 of what labels are made of besides the picture and the settings: its own prompt, or the
// heat maps that lie beside it. Empty: nothing.
std::string hints_of(const LabelledSource& source, const LabelCommand& options) {
  if (options.method != "daam") return "";
  if (!options.model.empty()) {
    return options.prompt.empty() ? core::sha256_hex(source.prompt) : std::string();
  }
  core::Sha256 digest;
  for (const auto& [word, map] : source.maps) {
    digest.update(fmt::format("{}\n{}\n", word, core::sha256_file(map)));
  }
  return digest.hex();
}

PictureObjects objects_of(const LabelledSource& source, std::string sha256, std::string hints,
                          const data::RgbImage& picture, std::vector<label::ObjectLabel> labels) {
  PictureObjects objects{source.picture.name, picture.width,   picture.height, {},
                         std::move(sha256),   std::move(hints)};
  for (label::ObjectLabel& label : labels) {
    models::FoundObject object;
    object.class_index = label.class_index;
    object.score = label.score;
    object.box = {static_cast<double>(label.box.x), static_cast<double>(label.box.y),
                  static_cast<double>(label.box.width), static_cast<double>(label.box.height)};
    object.mask = std::move(label.mask);
    objects.objects.push_back(std::move(object));
  }
  return objects;
}

void label_all(const std::vector<LabelledSource>& sources, const Labeller& labeller,
               const LabelCommand& options, const std::vector<std::string>& names,
               FoundObjects& found) {
  std::vector<ListedPicture> pictures;
  for (const LabelledSource& source : sources) pictures.push_back(source.picture);
  found.forget_changed(pictures, [&](std::size_t i) { return hints_of(sources[i], options); });
  std::vector<LabelledSource> left;
  for (const LabelledSource& source : sources) {
    if (!found.has(source.picture.name)) left.push_back(source);
  }
  core::Progress progress("labelling", static_cast<std::int64_t>(sources.size()), "img");
  progress.start_from(static_cast<std::int64_t>(sources.size() - left.size()));
  std::size_t next = 0;
  while (next < left.size()) {
    core::stop_point();
    std::vector<LabelledSource> batch;
    std::vector<data::RgbImage> pixels;
    std::vector<std::string> digests;
    while (next < left.size() && batch.size() < labeller.batch) {
      const std::string bytes = data::read_image_bytes(left[next].picture.path);
      data::RgbImage picture = data::decode_image(bytes, left[next].picture.path);
      const bool fits = pixels.empty() || (picture.width == pixels.front().width &&
                                           picture.height == pixels.front().height);
      if (!fits) break;
      batch.push_back(left[next++]);
      pixels.push_back(std::move(picture));
      digests.push_back(core::sha256_hex(bytes));
    }
    std::vector<std::vector<label::ObjectLabel>> labels = labeller.labels(batch, pixels);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      PictureObjects objects = objects_of(batch[i], digests[i], hints_of(batch[i], options),
                                          pixels[i], std::move(labels[i]));
      if (options.draw) draw_found_objects(options.out, pixels[i], objects, names);
      found.add(std::move(objects));
      progress.add(1);
    }
  }
}

}  // namespace

void run_label(const LabelCommand& options) {
  const std::vector<LabelClass> classes = check_label(options);
  compute::use_threads(options.threads);
  const std::vector<LabelledSource> sources = list_sources(options.pictures, options.out);
  const Labeller labeller = labeller_of(options, classes);
  Json settings = labeller.settings;
  std::vector<std::string> names;
  settings["classes"] = Json::array();
  for (const LabelClass& own : classes) {
    names.push_back(own.name);
    settings["classes"].push_back({own.name, own.found_as});
  }
  FoundObjects found(options.out, settings, options.overwrite);
  label_all(sources, labeller, options, names, found);

  std::vector<ListedPicture> pictures;
  std::size_t objects = 0, without = 0;
  for (const LabelledSource& source : sources) {
    pictures.push_back(source.picture);
    const std::size_t count = found.at(source.picture.name).objects.size();
    objects += count;
    without += count == 0 ? 1 : 0;
  }
  write_found_dataset(options.out, options.format, picture_folder(options.pictures), pictures,
                      found, names, labeller.method);
  if (options.json) {
    const Json summary = {{"out", options.out},
                          {"method", labeller.method},
                          {"pictures", pictures.size()},
                          {"without_objects", without},
                          {"objects", objects}};
    std::printf("%s\n", summary.dump(2).c_str());
  } else {
    std::printf("%s: %zu pictures, %zu objects, %zu pictures without any\n", options.out.c_str(),
                pictures.size(), objects, without);
  }
}

}  // namespace ersatz::runner
