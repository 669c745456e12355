#include "generate/diffugen/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/suggest.h"
#include "generate/diffugen/config_reader.h"
#include "generate/diffugen/prompt_template.h"

namespace ersatz::generate {
namespace {

constexpr std::int64_t kMany = 1'000'000'000;
constexpr std::int64_t kMaxSide = 4096;  // px

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file)
      : document_(core::read_located_json(file)), root_(document_, file) {
    config_.file = file;
  }

  DiffuGenConfig read() {
    config_.dataset_name = root_.text("dataset_name");
    if (config_.dataset_name.find('/') != std::string::npos || config_.dataset_name[0] == '.') {
      root_.fail("dataset_name", "is the name of a folder: without '/' and not beginning with '.'");
    }
    config_.dataset_root = root_.text("dataset_root");
    config_.image_format = root_.text("image_format");
    if (config_.image_format == "jpeg") config_.image_format = "jpg";
    if (config_.image_format != "png" && config_.image_format != "jpg") {
      root_.fail("image_format", fmt::format("'{}' is neither png nor jpg", config_.image_format));
    }
    read_size();
    config_.steps = root_.integer("steps", 1, 1000);
    config_.classes = root_.texts("dataset_classes");
    read_class_map();
    read_label_model();
    config_.unsupervised = root_.boolean("unsupervised");
    config_.deterministic = root_.boolean_or("deterministic", true);
    if (!config_.deterministic) {
      remark("deterministic", "is false: datasets are repeatable all the same");
    }
    config_.images_per_shard = root_.integer_or("images_per_shard", 500, 1, kMany);
    if (root_.has("txt2img")) read_text_to_image(root_.object("txt2img"));
    if (root_.has("img2img")) read_image_to_image(root_.object("img2img"));
    if (root_.has("inpaint")) read_inpainting(root_.object("inpaint"));
    if (!config_.txt2img && !config_.img2img && !config_.inpaint) {
      root_.fail("", "there is nothing to generate: txt2img, img2img or inpaint is needed");
    }
    root_.refuse_others();
    std::stable_sort(config_.remarks.begin(), config_.remarks.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    return std::move(config_);
  }

 private:
  void remark(std::string_view key, const std::string& text) { remark(root_, key, text); }
  void remark(const ConfigObject& object, std::string_view key, const std::string& text) {
    config_.remarks.push_back({object.line(key), fmt::format("'{}' {}", key, text)});
  }

  void read_size() {
    ConfigObject size = root_.object("image_size");
    config_.width = static_cast<int>(size.integer("width", 8, kMaxSide));
    config_.height = static_cast<int>(size.integer("height", 8, kMaxSide));
    for (const char* side : {"width", "height"}) {
      if (size.integer(side, 8, kMaxSide) % 8 != 0) size.fail(side, "must be a multiple of 8");
    }
    size.refuse_others();
  }

  void read_class_map() {
    ConfigObject map = root_.object("dataset_to_model_class_map");
    for (const std::string& name : map.keys()) {
      if (!contains(config_.classes, name)) {
        map.fail(name, "is not among dataset_classes", core::nearest_name(name, config_.classes));
      }
      config_.class_map.emplace_back(name, map.text(name));
    }
  }

  void read_label_model() {
    ConfigObject model = root_.object("label_model");
    config_.label_model = {model.text("type"), model.text("weights"), model.text("classes")};
    if (config_.label_model.type != "YOLOSeg") {
      model.fail("type", fmt::format("'{}' is not known: YOLOSeg is", config_.label_model.type));
    }
    model.refuse_others();
  }

  void read_text_to_image(ConfigObject task) {
    DiffuGenTextToImage read;
    read.model = task.text("stable_diffusion_model");
    ConfigObject range = task.object("seed_range");
    constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max() - 1;
    read.seeds.low = range.integer("min", 0, kLargest);
    read.seeds.high = range.integer("max", 0, kLargest);
    range.refuse_others();
    if (read.seeds.high < read.seeds.low) {
      range.fail("max", fmt::format("{} is below min, {}", read.seeds.high, read.seeds.low));
    }
    read.seeds_per_prompt = task.integer("seed_count_per_prompt", 1, kMany);
    if (read.seeds_per_prompt - 1 > read.seeds.high - read.seeds.low) {
      task.fail("seed_count_per_prompt",
                fmt::format("{} different seeds are not to be had between {} and {}",
                            read.seeds_per_prompt, read.seeds.low, read.seeds.high));
    }
    read.image_count = task.integer_or("image_count", 0, 1, kMany);
    if (read.image_count > 0) {
      remark(task, "image_count",
             fmt::format("= {}: the published code ignores it; here it is the most that is made",
                         read.image_count));
    }
    if (task.has("textual_inversion")) {
      ConfigObject inversion = task.object("textual_inversion");
      read.embedding = inversion.text("weights");
      read.embedding_token = inversion.text_or("keyword", "");
      inversion.refuse_others();
    }
    read.objects = task.texts("object_names");
    read.views = task.texts("view_points");
    read.times = task.texts("times_of_day");
    read.skies = task.texts("sky_conditions");
    read.weathers = task.texts("weather_conditions");
    read.templates = task.texts("prompts");
    read.negative_prompt = task.text_or("negative_prompt", "");
    check_templates(task, read);
    check_objects(task, read.objects);
    task.refuse_others();
    config_.txt2img = std::move(read);
  }

  void check_templates(const ConfigObject& task, const DiffuGenTextToImage& read) {
    std::set<std::string> used;
    for (std::size_t i = 0; i < read.templates.size(); ++i) {
      const auto fail = [&](const std::string& message, const std::string& hint) {
        throw core::Error::at_line(config_.file, task.line_of("prompts", i),
                                   "'prompts': " + message, hint);
      };
      const std::vector<std::string> names = placeholders(read.templates[i]);
      for (const std::string& name : names) {
        const std::vector<std::string> known(kDiffuGenPlaceholders.begin(),
                                             kDiffuGenPlaceholders.end());
        if (!contains(known, name)) {
          fail(fmt::format("unknown placeholder {{{}}}", name),
               fmt::format("did you mean {{{}}}?", core::nearest_name(name, known)));
        }
      }
      if (!contains(names, "object_name")) {
        fail("a template without {object_name}: its pictures could not be labelled", "");
      }
      used.insert(names.begin(), names.end());
      if (!read.embedding_token.empty() &&
          read.templates[i].find(read.embedding_token) == std::string::npos) {
        config_.remarks.push_back(
            {task.line_of("prompts", i),
             fmt::format("'prompts': {} is not in this template", read.embedding_token)});
      }
    }
    const std::pair<const char*, const std::vector<std::string>*> lists[] = {
        {"view_points", &read.views},
        {"times_of_day", &read.times},
        {"sky_conditions", &read.skies},
        {"weather_conditions", &read.weathers}};
    const char* names[] = {"view_point", "time_of_day", "sky_condition", "weather_condition"};
    for (std::size_t i = 0; i < 4; ++i) {
      if (used.count(names[i]) > 0) continue;
      remark(task, lists[i].first,
             lists[i].second->size() > 1
                 ? fmt::format("is in no template: its {} values give the same prompts",
                               lists[i].second->size())
                 : "is in no template: it only names files");
    }
  }

  void check_objects(const ConfigObject& task, const std::vector<std::string>& objects) {
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (contains(config_.classes, objects[i])) continue;
      config_.remarks.push_back(
          {task.line_of("object_names", i),
           fmt::format("'object_names': '{}' is not among dataset_classes; its labels get a class "
                       "of that name behind them",
                       objects[i])});
    }
  }

  void read_image_to_image(ConfigObject task) {
    DiffuGenImageToImage read;
    read.model = task.text("stable_diffusion_model");
    read.source = task.text("source_dataset");
    read.times = task.texts("times_of_day");
    read.skies = task.texts("sky_conditions");
    read.weathers = task.texts("weather_conditions");
    task.refuse_others();
    config_.img2img = std::move(read);
  }

  void read_inpainting(ConfigObject task) {
    DiffuGenInpainting read;
    read.model = task.text("stable_diffusion_model");
    read.source = task.text("source_dataset");
    std::vector<std::string> known = config_.classes;
    if (config_.txt2img) {
      known.insert(known.end(), config_.txt2img->objects.begin(), config_.txt2img->objects.end());
    }
    for (const std::string& name : task.keys()) {
      if (name == "stable_diffusion_model" || name == "source_dataset") continue;
      if (!contains(known, name)) {
        const std::string nearest = core::nearest_name(name, known);
        task.fail(name, "is no object of this dataset",
                  nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest));
      }
      read.replacements.emplace_back(name, task.texts(name));
    }
    if (read.replacements.empty()) {
      task.fail("", "'inpaint' says of no object what may stand in its place");
    }
    config_.inpaint = std::move(read);
  }

  core::LocatedJson document_;
  ConfigObject root_;
  DiffuGenConfig config_;
};

}  // namespace

DiffuGenConfig load_diffugen_config(const std::filesystem::path& file) {
  return Reader(file).read();
}

}  // namespace ersatz::generate
