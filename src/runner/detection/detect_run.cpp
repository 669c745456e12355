#include "runner/detection/detect_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "compute/numerics.h"
#include "compute/threads.h"
#include "compute/torch_device.h"
#include "core/digest.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "core/suggest.h"
#include "data/images/image_file.h"
#include "data/prefetch.h"
#include "models/detection/object_finder.h"
#include "models/detection/open_detector.h"
#include "runner/detection/drawn_objects.h"
#include "runner/detection/found_objects.h"
#include "runner/detection/picture_list.h"
#include "runner/utf8_arguments.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr double kValidationConfidence = 0.001;

std::vector<std::int64_t> class_indices(const std::vector<std::string>& names,
                                        const std::vector<std::string>& classes) {
  std::vector<std::int64_t> indices;
  for (const std::string& name : names) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end()) {
      throw core::unknown_name("class", name, classes);
    }
    indices.push_back(found - classes.begin());
  }
  return indices;
}

models::FindOptions find_options(const DetectOptions& options,
                                 const std::vector<std::string>& classes) {
  models::FindOptions find;
  find.input.size = options.size;
  find.input.rect = !options.square;
  find.masks = !options.no_masks;
  find.selection.confidence = options.validation ? kValidationConfidence : options.confidence;
  find.selection.multi_label = options.validation;
  find.selection.overlap = options.overlap;
  find.selection.most = options.most;
  find.selection.classes = class_indices(options.only, classes);
  return find;
}

// What the objects depend on, besides the pictures.
Json settings_of(const DetectOptions& options, const models::ObjectFinder& finder,
                 const std::vector<std::string>& classes) {
  const models::FindOptions& find = finder.options();
  return {{"weights", core::sha256_file(options.weights)},
          {"classes", classes},
          {"size", find.input.size},
          {"square", !find.input.rect},
          {"conf", find.selection.confidence},
          {"iou", find.selection.overlap},
          {"max", find.selection.most},
          {"only", options.only},
          {"masks", find.masks},
          {"validation", options.validation}};
}

struct PreparedPicture {
  std::string sha256;
  data::RgbImage picture;
  models::ObjectFinder::Input input;
};

// Pictures are read and scaled ahead, on a thread of their own.
double look_at(const std::vector<ListedPicture>& pictures, const models::ObjectFinder& finder,
               const DetectOptions& options, const std::vector<std::string>& classes,
               FoundObjects& found) {
  found.forget_changed(pictures, [](std::size_t) { return ""; });
  std::vector<ListedPicture> left;
  for (const ListedPicture& picture : pictures) {
    if (!found.has(picture.name)) left.push_back(picture);
  }
  const auto total = static_cast<std::int64_t>(pictures.size());
  core::Progress progress("looking", total, "img");
  progress.start_from(total - static_cast<std::int64_t>(left.size()));
  data::Prefetch<PreparedPicture> prefetch(
      0, static_cast<std::int64_t>(left.size()), [&](std::int64_t i) {
        PreparedPicture prepared;
        const fs::path& file = left[static_cast<std::size_t>(i)].path;
        const std::string bytes = data::read_image_bytes(file);
        prepared.sha256 = core::sha256_hex(bytes);
        prepared.picture = data::decode_image(bytes, file);
        prepared.input = finder.prepare(prepared.picture);
        return prepared;
      });
  const auto begin = std::chrono::steady_clock::now();
  for (const ListedPicture& listed : left) {
    core::stop_point();
    const PreparedPicture prepared = prefetch.next();
    PictureObjects objects{listed.name,
                           prepared.picture.width,
                           prepared.picture.height,
                           finder.find(prepared.input),
                           prepared.sha256,
                           ""};
    if (options.draw) draw_found_objects(options.out, prepared.picture, objects, classes);
    found.add(std::move(objects));
    progress.add(1);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  return left.empty() ? 0 : static_cast<double>(left.size()) / seconds.count();
}

}  // namespace

void run_detect(const DetectOptions& options) {
  check_detect(options);
  compute::use_threads(options.threads);
  const std::vector<ListedPicture> pictures =
      options.truth.empty() ? list_pictures(options.images, options.out)
                            : list_pictures_of(options.truth, options.images.front(), options.out);
  const c10::Device device = compute::torch_device(options.device);
  models::OpenDetectorOptions opening;
  if (!options.scale.empty()) opening.scale = options.scale.front();
  opening.masks = !options.no_masks;
  opening.trust = options.trust ? models::Trust::kTrusted : models::Trust::kRefuse;
  const models::OpenedDetector detector = models::open_detector(options.weights, opening, device);
  const std::vector<std::string> classes =
      models::detector_classes(options.classes, detector.classes, detector.predictor->classes());
  for (const std::string& name : classes) require_utf8("class", name);
  const models::ObjectFinder finder(detector.predictor, find_options(options, classes), device);
  core::log_info(
      fmt::format("{}, {}", detector.description, compute::numerics_description(options.device)));

  const fs::path out = options.out;
  FoundObjects found(out, settings_of(options, finder, classes), options.overwrite);
  const double rate = look_at(pictures, finder, options, classes, found);
  const std::int64_t left_out = write_coco_results(out / "results.json", pictures, found,
                                                   category_ids(classes, options.truth));
  if (left_out > 0) {
    core::log_warning(
        fmt::format("{} objects are of classes that {} does not have: they are not "
                    "in results.json",
                    left_out, options.truth));
  }
  if (options.format != "none") {
    const fs::path first = options.images.front();
    write_found_dataset(out, options.format, fs::is_directory(first) ? first : first.parent_path(),
                        pictures, found, classes,
                        "detector/" + fs::path(options.weights).stem().string());
  }
  std::size_t objects = 0;
  for (const ListedPicture& picture : pictures) objects += found.at(picture.name).objects.size();
  if (options.json) {
    const Json summary = {{"out", options.out},
                          {"pictures", pictures.size()},
                          {"objects", objects},
                          {"network", detector.description},
                          {"masks", finder.options().masks},
                          {"images_per_second", rate > 0 ? Json(rate) : Json()}};
    std::printf("%s\n", summary.dump(2).c_str());
  } else {
    std::printf("%s: %zu pictures, %zu objects\n", options.out.c_str(), pictures.size(), objects);
  }
}

}  // namespace ersatz::runner
