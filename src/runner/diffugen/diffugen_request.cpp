#include "runner/diffugen/diffugen_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/progress.h"
#include "core/suggest.h"
#include "generate/diffusion/skipped_steps.h"
#include "runner/diffusion/named_choices.h"
#include "runner/diffusion/prompt_file.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using generate::DiffuGenConfig;
using generate::DiffuGenTask;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// A path of the configuration: beside the file, else from here; empty when it is in neither place.
fs::path found(const DiffuGenConfig& config, const fs::path& path) {
  if (path.is_absolute()) return is_there(path) ? path : fs::path();
  const fs::path beside = config.file.parent_path() / path;
  if (is_there(beside)) return beside;
  return is_there(path) ? path : fs::path();
}

void check_choices(const DiffuGenCommand& options) {
  core::parse_progress_mode(options.progress);
  require_device_name(options.device);
  choice("--dtype", options.dtype, number_type_names());
  choice("--weights-dtype", options.weights_dtype, number_type_names());
  choice("--prompt-weights", options.prompt_weights, {"off", "a1111", "compel"});
  choice("--labels", options.labels, {"auto", "attention", "segmenter"});
  choice("--recipe", options.recipe, {"published", "fixed"});
  choice("--task", options.task, {"txt2img", "img2img", "inpaint", "all"});
  if (!options.words.empty() && options.recipe != "fixed") {
    throw Error::usage("--word: the published recipe labels one word, the object's name",
                       "--recipe fixed");
  }
}

// That of --segmenter, else the configuration's; none when labels come from attention.
std::optional<SegmenterChoice> segmenter_of(const DiffuGenCommand& options,
                                            const DiffuGenConfig& config) {
  const bool supervised =
      options.labels == "segmenter" || (options.labels == "auto" && !config.unsupervised);
  if (!supervised) {
    if (options.segmenter.empty() && options.segmenter_classes.empty()) return std::nullopt;
    throw Error::usage("--segmenter: labels come from attention", "--labels segmenter");
  }
  if (!options.words.empty()) {
    throw Error::usage("--word: a segmenter does not look for words", "--labels attention");
  }
  SegmenterChoice choice;
  choice.trust = options.trust;
  choice.network_classes = options.segmenter_classes;
  if (!options.segmenter.empty()) {
    if (!is_there(options.segmenter)) {
      throw Error::missing(fmt::format("there is no segmenter {}", options.segmenter));
    }
    choice.weights = options.segmenter;
    return choice;
  }
  choice.weights = found(config, config.label_model.weights);
  if (choice.weights.empty()) {
    throw Error::missing(fmt::format("the segmenter '{}' is neither beside {} nor here",
                                     config.label_model.weights.string(), config.file.string()),
                         "--segmenter FILE, or --labels attention for labels from attention");
  }
  if (choice.network_classes.empty()) {
    choice.network_classes = found(config, config.label_model.classes).string();
  }
  return choice;
}

void check_strength(const char* option, double strength, std::int64_t steps) {
  if (!(strength > 0 && strength <= 1)) {
    throw Error::usage(fmt::format("{} {} is not above 0 and at most 1", option, strength));
  }
  if (generate::skipped_steps(steps, strength) >= steps) {
    throw Error::usage(fmt::format("{} {} of {} steps leaves none to run", option, strength, steps),
                       "use more steps or a larger strength");
  }
}

fs::path model_of(const DiffuGenCommand& options, const DiffuGenConfig& config, DiffuGenTask task) {
  std::string named = options.model;
  if (task == DiffuGenTask::kInpainting && !options.inpaint_model.empty()) {
    named = options.inpaint_model;
  }
  if (!named.empty()) {
    if (!is_there(named)) {
      throw Error::missing(fmt::format("there is no model {}", named),
                           "a folder in diffusers' layout, or a .safetensors or .ckpt file");
    }
    return named;
  }
  std::string written;
  if (task == DiffuGenTask::kTextToImage) written = config.txt2img->model;
  if (task == DiffuGenTask::kImageToImage) written = config.img2img->model;
  if (task == DiffuGenTask::kInpainting) written = config.inpaint->model;
  const fs::path model = found(config, written);
  if (model.empty()) {
    throw Error::missing(
        fmt::format("the model '{}' of {} is not here", written, generate::task_name(task)),
        task == DiffuGenTask::kInpainting ? "--model DIR, or --inpaint-model DIR" : "--model DIR");
  }
  return model;
}

bool has_task(const DiffuGenConfig& config, DiffuGenTask task) {
  if (task == DiffuGenTask::kTextToImage) return config.txt2img.has_value();
  if (task == DiffuGenTask::kImageToImage) return config.img2img.has_value();
  return config.inpaint.has_value();
}

std::vector<DiffuGenTask> chosen_tasks(const DiffuGenCommand& options,
                                       const DiffuGenConfig& config) {
  std::vector<DiffuGenTask> tasks;
  for (const DiffuGenTask task :
       {DiffuGenTask::kTextToImage, DiffuGenTask::kImageToImage, DiffuGenTask::kInpainting}) {
    const bool wanted = options.task == "all" || options.task == generate::task_name(task);
    if (wanted && has_task(config, task)) tasks.push_back(task);
  }
  if (tasks.empty()) {
    throw Error::usage(fmt::format("{} has no '{}'", config.file.string(), options.task));
  }
  return tasks;
}

// Where the source dataset is. What the configuration puts below its dataset_root follows --out.
fs::path source_of(const DiffuGenCommand& options, const DiffuGenConfig& config,
                   const fs::path& root, const fs::path& written) {
  if (!options.source.empty()) return options.source;
  const fs::path below =
      written.lexically_normal().lexically_relative(config.dataset_root.lexically_normal());
  if (!below.empty() && *below.begin() != "..") return root / below;
  const fs::path here = found(config, written);
  return here.empty() ? written : here;
}

std::vector<LabelWord> label_words(const DiffuGenCommand& options,
                                   const std::vector<std::string>& classes) {
  std::vector<LabelWord> words;
  for (const std::string& text : options.words) {
    require_text(text, "--word");
    const std::size_t equals = text.rfind('=');
    const std::string word = text.substr(0, equals);
    const std::string name = equals == std::string::npos ? word : text.substr(equals + 1);
    const auto place = std::find(classes.begin(), classes.end(), name);
    if (word.empty()) throw Error::usage(fmt::format("--word {}: there is no word", text));
    if (place == classes.end()) {
      throw core::unknown_name("class of --word", name, classes);
    }
    words.push_back({word, place - classes.begin()});
  }
  return words;
}

void find_embedding(const DiffuGenCommand& options, DiffuGenRequest& request) {
  const auto& task = request.config.txt2img;
  if (!options.embedding.empty()) {
    if (!is_there(options.embedding)) {
      throw Error::missing(fmt::format("there is no embedding file {}", options.embedding));
    }
    request.embedding = EmbeddingFile{options.embedding, task ? task->embedding_token : ""};
    return;
  }
  if (!task || task->embedding.empty()) return;
  const fs::path file = found(request.config, task->embedding);
  if (file.empty()) {
    throw Error::missing(fmt::format("the textual inversion '{}' is neither beside {} nor here",
                                     task->embedding, request.config.file.string()),
                         "--embedding FILE");
  }
  request.embedding = EmbeddingFile{file, task->embedding_token};
}

void add_task(const DiffuGenCommand& options, DiffuGenTask task, DiffuGenRequest& request) {
  const DiffuGenConfig& config = request.config;
  const fs::path root = options.out.empty() ? config.dataset_root : fs::path(options.out);
  DiffuGenTaskRequest wanted;
  wanted.task = task;
  wanted.model = model_of(options, config, task);
  wanted.folder = root / config.dataset_name / std::string(generate::task_name(task));
  if (is_there(wanted.folder) && !fs::is_directory(wanted.folder)) {
    throw Error::usage(fmt::format("{} is a file, not a folder", wanted.folder.string()));
  }
  if (task != DiffuGenTask::kTextToImage) {
    const bool inpaint = task == DiffuGenTask::kInpainting;
    wanted.strength = inpaint ? options.inpaint_strength : options.img2img_strength;
    check_strength(inpaint ? "--inpaint-strength" : "--img2img-strength", wanted.strength,
                   request.steps);
    wanted.source =
        source_of(options, config, root, inpaint ? config.inpaint->source : config.img2img->source);
    const fs::path own = root / config.dataset_name / "txt2img";
    wanted.own_source =
        config.txt2img && (wanted.source.lexically_normal() == own.lexically_normal());
    const bool made_here = wanted.own_source && !request.tasks.empty() &&
                           request.tasks.front().task == DiffuGenTask::kTextToImage;
    if (!made_here && !is_there(wanted.source / "labels")) {
      throw Error::missing(fmt::format("there is no source dataset {}", wanted.source.string()),
                           wanted.own_source ? "--task txt2img makes it" : "--source DIR");
    }
  }
  request.tasks.push_back(std::move(wanted));
}

}  // namespace

DiffuGenRequest check_diffugen_run(const DiffuGenCommand& options) {
  check_choices(options);
  DiffuGenRequest request;
  request.shard = core::parse_shard(options.shard);
  request.limit = options.limit;
  request.config = generate::load_diffugen_config(options.config);
  const DiffuGenConfig& config = request.config;
  request.segmenter = segmenter_of(options, config);
  request.classes = generate::label_classes(config);
  request.words = label_words(options, request.classes);
  request.steps = options.steps > 0 ? options.steps : config.steps;
  request.size = options.size.empty() ? PictureSize{config.width, config.height}
                                      : parse_picture_size(options.size);
  // Mistakes in the expansion, before anything is loaded.
  if (config.txt2img) generate::text_to_image_items(config);
  find_embedding(options, request);
  if (!options.tokenizer.empty() && !is_there(options.tokenizer)) {
    throw Error::missing(fmt::format("there is no tokenizer {}", options.tokenizer));
  }
  for (const DiffuGenTask task : chosen_tasks(options, config)) add_task(options, task, request);
  return request;
}

}  // namespace ersatz::runner
