#include "photographs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "core/progress.h"
#include "core/signals.h"
#include "core/suggest.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "data/scenes/scene.h"
#include "generate/cutout/cutout.h"
#include "samples.h"
#include "sets.h"

namespace ersatz::fruit {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kScenes = "scenes";
constexpr const char* kList = "photographs.json";
// Drawn pictures of the few-shot sets continue far behind those of the test set.
constexpr std::int64_t kFewShotScenes = 1'000'000, kScenesPerClass = 1'000;

fs::path numbered(const fs::path& folder, std::int64_t i) {
  return folder / fmt::format("{:05}.png", i);
}

template <typename Image>
void write_png(const fs::path& file, const Image& image) {
  core::write_file_atomic(file, data::encode_png(image, {}, data::PngEffort::kFast));
}

data::SceneRequest scene_of(const core::Config& config, const std::string& fruit) {
  data::SceneRequest request;
  request.kind = data::SceneKind::kFruit;
  request.fixed = {{"fruit", fruit}};
  request.width = request.height = static_cast<int>(config.get_int("scenes.side"));
  request.domain = config.get_float("scenes.domain");
  return request;
}

// Draws `count` pictures with `picture(i)` and writes them, on all processors.
void write_pictures(const fs::path& folder, std::int64_t count, core::Progress& progress,
                    const std::function<data::RgbImage(std::int64_t)>& picture) {
  core::make_directories(folder);
  constexpr std::int64_t kBlock = 16;
  for (std::int64_t first = 0; first < count; first += 8 * kBlock) {
    const std::int64_t some = std::min(8 * kBlock, count - first);
    data::for_each_block(some, kBlock, 0, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = first + begin; i < first + end; ++i) {
        write_png(numbered(folder, i), picture(i));
      }
    });
    progress.add(some);
    core::stop_point();
  }
}

// Where real photographs come from: folders of a manifest, each with a folder per class.
struct Source {
  fs::path root;
  std::vector<std::string> folders;
};

// Paths below the root of a class's photographs, in an order drawn by seed.
std::vector<fs::path> shuffled_photographs(const Source& source, const std::string& fruit,
                                           std::uint64_t seed) {
  std::vector<fs::path> files;
  for (const std::string& folder : source.folders) {
    const data::ImageFolder listed = data::list_image_folder(source.root / folder, {fruit});
    for (const fs::path& file : listed.files) files.push_back(fs::path(folder) / file);
  }
  core::Stream random(seed, "photographs/" + fruit, 0);
  for (std::size_t i = files.size(); i > 1; --i) {
    std::swap(files[i - 1], files[random.below(static_cast<std::uint32_t>(i))]);
  }
  return files;
}

// Those the few-shot sets may take: when they come from the test's source, what the test left.
std::vector<fs::path> few_shot_candidates(const Source& source, const std::string& fruit,
                                          std::uint64_t seed, std::int64_t test_images) {
  std::vector<fs::path> files = shuffled_photographs(source, fruit, seed);
  const auto taken = static_cast<std::ptrdiff_t>(
      std::min<std::int64_t>(test_images, static_cast<std::int64_t>(files.size())));
  files.erase(files.begin(), files.begin() + taken);
  return files;
}

generate::CutoutOptions cutout_options(const core::Config& config, const data::RgbImage& photo) {
  generate::CutoutOptions options;
  const std::string& method = config.get_string("cutouts.method");
  if (method == "white") {
    generate::WhiteBackground white;
    white.tolerance = static_cast<int>(config.get_int("cutouts.tolerance"));
    options.method = white;
  } else if (method == "grabcut") {
    const double share = config.get_float("cutouts.box");
    const int width = static_cast<int>(photo.width * share);
    const int height = static_cast<int>(photo.height * share);
    generate::GrabCut grab_cut;
    grab_cut.box = {(photo.width - width) / 2, (photo.height - height) / 2, width, height};
    options.method = grab_cut;
  } else {
    throw core::unknown_name("method of cut-outs", method, {"white", "grabcut"});
  }
  options.open = static_cast<int>(config.get_int("cutouts.open"));
  return options;
}

struct Specimen {
  data::RgbImage photo;
  data::RgbaImage cut_out;
};

// A drawn photograph and the nearest fruit in it. Scenes from `index` on are looked at until one
// shows it whole; `index` is then behind it.
Specimen draw_specimen(const data::SceneRequest& request, std::uint64_t seed, std::int64_t& index) {
  for (;; ++index) {
    data::Scene scene = data::draw_scene(request, seed, index);
    if (scene.objects.empty()) continue;
    const data::SceneObject& fruit = scene.objects[0];
    const data::PixelBox& box = fruit.box;
    const bool whole = fruit.visible_pixels == fruit.full_pixels && box.x > 0 && box.y > 0 &&
                       box.x + box.width < scene.image.width &&
                       box.y + box.height < scene.image.height;
    if (!whole) continue;
    const data::GreyImage mask = data::instance_mask(scene, 0);
    data::RgbImage colour{box.width, box.height, {}};
    data::GreyImage alpha{box.width, box.height, {}};
    for (int y = box.y; y < box.y + box.height; ++y) {
      for (int x = box.x; x < box.x + box.width; ++x) {
        const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(mask.width) +
                        static_cast<std::size_t>(x);
        alpha.pixels.push_back(mask.pixels[at]);
        for (std::size_t c = 0; c < 3; ++c) {
          colour.pixels.push_back(scene.image.pixels[3 * at + c]);
        }
      }
    }
    ++index;
    return {std::move(scene.image), data::with_alpha(colour, alpha)};
  }
}

// Photographs that give no cut-out are passed over, with a word.
std::vector<Specimen> cut_specimens(const core::Config& config, const Source& source,
                                    const std::string& fruit, std::int64_t draw,
                                    std::int64_t test_images) {
  const auto wanted = static_cast<std::size_t>(config.get_int("cutouts.per_class"));
  const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
  std::vector<fs::path> files = few_shot_candidates(source, fruit, seed, test_images);
  core::Stream random(seed, "few-shot/" + fruit, static_cast<std::uint64_t>(draw));
  std::vector<Specimen> specimens;
  std::string failures;
  while (specimens.size() < wanted && !files.empty()) {
    const std::size_t chosen = random.below(static_cast<std::uint32_t>(files.size()));
    const fs::path file = files[chosen];
    files.erase(files.begin() + static_cast<std::ptrdiff_t>(chosen));
    data::RgbImage photo = data::read_image(source.root / file);
    generate::CutoutResult made = generate::make_cutout(photo, cutout_options(config, photo));
    if (made.cutout) {
      specimens.push_back({std::move(photo), std::move(made.cutout->image)});
    } else if (failures.size() < 500) {
      failures += fmt::format("; {}: {}", file.string(), made.failure);
    }
    core::stop_point();
  }
  if (specimens.size() < wanted) {
    throw core::Error::missing(
        fmt::format("{} of {} cut-outs of {} could be made from the photographs in {}{}",
                    specimens.size(), wanted, fruit, source.root.string(), failures));
  }
  return specimens;
}

Source source_of(core::RunContext& run, core::StageSpec& spec, const char* manifest_key,
                 const char* folders_key) {
  const std::string id = run.config().get_string(manifest_key);
  const core::DatasetHandle& dataset = run.dataset(id);
  spec.digests[id] = dataset.digest;
  return {dataset.folder, run.config().get_strings(folders_key)};
}

}  // namespace

bool is_drawn(const core::Config& config) {
  return config.get_string("data.photographs") == kScenes;
}

std::string add_photographs(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  const auto classes = config.get_strings("data.classes");
  const auto per_class = config.get_int("data.test_images");
  const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
  core::StageSpec spec;
  spec.name = spec.kind = kPhotographs;
  spec.numeric = false;
  spec.config = config.slice(
      {"data.photographs", "data.photograph_folders", "data.classes", "data.test_images", "seed"});
  spec.work = static_cast<double>(per_class) * static_cast<double>(classes.size());
  if (is_drawn(config)) {
    spec.config.update(config.slice({"scenes."}));
    spec.seconds_per_work = 3e-3;
    spec.body = [=, config = config](core::StageContext& stage) {
      core::Progress progress("photographs (drawn)",
                              per_class * static_cast<std::int64_t>(classes.size()), "img");
      const auto count = static_cast<std::int64_t>(classes.size());
      for (std::int64_t label = 0; label < count; ++label) {
        const std::string& fruit = classes[static_cast<std::size_t>(label)];
        const data::SceneRequest request = scene_of(config, fruit);
        // Scenes of one index differ in the fruit only: every class has its own.
        write_pictures(stage.dir() / "photos" / fruit, per_class, progress, [&](std::int64_t i) {
          return data::draw_scene(request, seed, i * count + label).image;
        });
      }
      write_samples(stage.dir() / "samples.png", stage.dir() / "photos", classes);
      return Json{{"photographs", per_class * static_cast<std::int64_t>(classes.size())}};
    };
    return graph.add(std::move(spec));
  }
  const Source source = source_of(run, spec, "data.photographs", "data.photograph_folders");
  spec.body = [=](core::StageContext& stage) {
    Json lists = Json::object();
    std::int64_t count = 0;
    for (const std::string& fruit : classes) {
      std::vector<fs::path> files = shuffled_photographs(source, fruit, seed);
      if (per_class > 0) {
        if (static_cast<std::int64_t>(files.size()) < per_class) {
          throw core::Error::missing(
              fmt::format("{} photographs of {} in {}, data.test_images asks for {}", files.size(),
                          fruit, source.root.string(), per_class));
        }
        files.resize(static_cast<std::size_t>(per_class));
      }
      std::sort(files.begin(), files.end());
      for (const fs::path& file : files) lists[fruit].push_back(file.generic_string());
      count += static_cast<std::int64_t>(files.size());
    }
    core::write_file_atomic(stage.dir() / kList, lists.dump(1) + "\n");
    write_samples(stage.dir() / "samples.png", read_list(lists, source.root, classes));
    return Json{{"photographs", count}};
  };
  return graph.add(std::move(spec));
}

data::ImageFolder read_list(const Json& lists, const fs::path& root,
                            const std::vector<std::string>& classes) {
  data::ImageFolder folder;
  folder.root = root;
  folder.classes = classes;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    for (const Json& file : lists.at(classes[label])) {
      folder.files.emplace_back(file.get<std::string>());
      folder.labels.push_back(static_cast<std::uint8_t>(label));
    }
  }
  return folder;
}

PhotographReader::PhotographReader(core::RunContext& run)
    : classes_(run.config().get_strings("data.classes")) {
  if (!is_drawn(run.config())) {
    root_ = run.dataset(run.config().get_string("data.photographs")).folder;
  }
}

data::ImageFolder PhotographReader::list(const core::StageContext& stage) const {
  const fs::path& input = stage.input(kPhotographs);
  if (root_.empty()) return data::list_image_folder(input / "photos", classes_);
  return read_list(Json::parse(core::read_file(input / kList)), root_, classes_);
}

std::string add_few_shot(core::RunContext& run, core::StageGraph& graph, std::int64_t draw) {
  const core::Config& config = run.config();
  const auto classes = config.get_strings("data.classes");
  const auto per_class = config.get_int("cutouts.per_class");
  core::StageSpec spec;
  spec.name = few_shot_stage(draw);
  spec.kind = "few-shot";
  spec.numeric = false;
  spec.config = config.slice({"cutouts.", "data.classes", "seed"});
  spec.config.erase("cutouts.draws");
  spec.config["draw"] = draw;
  spec.work = static_cast<double>(per_class) * static_cast<double>(classes.size());
  spec.seconds_per_work = 0.02;
  const bool drawn = config.get_string("cutouts.source") == kScenes;
  Source source;
  std::int64_t test_images = 0;
  if (drawn) {
    spec.config.update(config.slice({"scenes."}));
  } else {
    source = source_of(run, spec, "cutouts.source", "cutouts.folders");
    if (config.get_string("cutouts.source") == config.get_string("data.photographs")) {
      test_images = config.get_int("data.test_images");
      if (test_images == 0) {
        throw core::Error::usage(
            "data.test_images must say how many photographs of each class are for the test, when "
            "the cut-outs come from the same source");
      }
      spec.config.update(config.slice({"data.test_images"}));
    }
  }
  spec.body = [=, config = config](core::StageContext& stage) {
    for (std::int64_t label = 0; label < static_cast<std::int64_t>(classes.size()); ++label) {
      const std::string& fruit = classes[static_cast<std::size_t>(label)];
      std::vector<Specimen> specimens;
      if (drawn) {
        const data::SceneRequest request = scene_of(config, fruit);
        std::int64_t index =
            kFewShotScenes +
            (draw * static_cast<std::int64_t>(classes.size()) + label) * kScenesPerClass;
        for (std::int64_t i = 0; i < per_class; ++i) {
          specimens.push_back(
              draw_specimen(request, static_cast<std::uint64_t>(config.get_int("seed")), index));
        }
      } else {
        specimens = cut_specimens(config, source, fruit, draw, test_images);
      }
      for (std::size_t i = 0; i < specimens.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        write_png(numbered(stage.dir() / "photos" / fruit, at), specimens[i].photo);
        write_png(numbered(stage.dir() / "cutouts" / fruit, at), specimens[i].cut_out);
      }
    }
    write_samples(stage.dir() / "samples.png", stage.dir() / "photos", classes);
    write_cut_out_samples(stage.dir() / "cutouts.png", stage.dir() / "cutouts", classes);
    return Json{{"per_class", per_class}};
  };
  return graph.add(std::move(spec));
}

std::string add_backgrounds(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  if (config.get_string("data.backgrounds") != kScenes) return "";
  const auto count = config.get_int("data.background_images");
  core::StageSpec spec;
  spec.name = spec.kind = kBackgrounds;
  spec.numeric = false;
  spec.config = config.slice({"data.backgrounds", "data.background_images", "scenes.", "seed"});
  spec.work = static_cast<double>(count);
  spec.seconds_per_work = 3e-3;
  spec.body = [=, config = config](core::StageContext& stage) {
    data::SceneRequest request = scene_of(config, "");
    request.kind = data::SceneKind::kBackground;
    request.fixed.clear();
    const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
    core::Progress progress("backgrounds (drawn)", count, "img");
    write_pictures(stage.dir() / "pictures", count, progress,
                   [&](std::int64_t i) { return data::draw_scene(request, seed, i).image; });
    return Json{{"backgrounds", count}};
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::fruit
