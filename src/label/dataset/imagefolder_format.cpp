// Hugging Face's imagefolder (huggingface.co/docs/datasets/image_dataset): metadata.jsonl names
// each picture and its objects, README.md is the dataset's card, whose front matter declares the
// columns.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "core/error.h"
#include "core/file_system.h"
#include "label/dataset/formats.h"
#include "label/dataset/json_rows.h"
#include "label/dataset/yaml_text.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr const char* kPictures = "images/";

const char* size_category(std::size_t pictures) {
  if (pictures < 1'000) return "n<1K";
  if (pictures < 10'000) return "1K<n<10K";
  if (pictures < 100'000) return "10K<n<100K";
  return pictures < 1'000'000 ? "100K<n<1M" : "1M<n<10M";
}

std::string card(const LabelledDataset& dataset) {
  std::string names;
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    names += fmt::format("            '{}': {}\n", i, yaml_quoted(dataset.classes[i]));
  }
  std::size_t objects = 0, empty = 0;
  std::vector<std::size_t> counts(dataset.classes.size(), 0);
  for (const LabelledPicture& picture : dataset.pictures) {
    objects += picture.objects.size();
    empty += picture.objects.empty() ? 1 : 0;
    for (const AnnotatedObject& object : picture.objects) {
      ++counts[static_cast<std::size_t>(object.class_index)];
    }
  }
  std::string table = "| class | objects |\n|---|---|\n";
  for (std::size_t i = 0; i < counts.size(); ++i) {
    std::string name = dataset.classes[i];
    for (char& c : name) c = c == '|' || c == '\n' ? ' ' : c;
    table += fmt::format("| {} | {} |\n", name, counts[i]);
  }
  return fmt::format(
      "---\n"
      "task_categories:\n- object-detection\n- image-segmentation\n"
      "tags:\n- synthetic\n"
      "size_categories:\n- {}\n"
      "dataset_info:\n"
      "  features:\n"
      "  - name: image\n    dtype: image\n"
      "  - name: width\n    dtype: int32\n"
      "  - name: height\n    dtype: int32\n"
      "  - name: text\n    dtype: string\n"
      "  - name: details\n    dtype: string\n"
      "  - name: objects\n"
      "    sequence:\n"
      "    - name: bbox\n      sequence: float64\n      length: 4\n"
      "    - name: categories\n"
      "      dtype:\n"
      "        class_label:\n"
      "          names:\n{}"
      "    - name: scores\n      dtype: float64\n"
      "    - name: segmentation\n      sequence:\n        sequence: float64\n"
      "    - name: crowd\n      dtype: bool\n"
      "    - name: origins\n      dtype: string\n"
      "---\n\n"
      "# Labelled pictures\n\n"
      "{} pictures with {} objects ({} pictures without any).\n\n{}\n"
      "`objects` has for each object its box `[x, y, width, height]` in pixels, the index of its "
      "class, a score in [0, 1], its outlines `[x0, y0, x1, y1, ...]` in pixels, and, as JSON, how "
      "the label came about. `text` is the prompt of a generated picture, `details` what else is "
      "known of it, as JSON.\n",
      size_category(dataset.pictures.size()), names, dataset.pictures.size(), objects, empty,
      table);
}

// Class names of the front matter.
std::vector<std::string> class_names(const fs::path& file) {
  const std::string text = core::read_file(file, 16U << 20);
  const std::size_t end = text.rfind("---\n", 0) == 0 ? text.find("\n---", 3) : std::string::npos;
  if (end == std::string::npos) throw Error::untrusted(file, "no front matter between '---' lines");
  try {
    const YAML::Node root = YAML::Load(text.substr(4, end - 3));
    for (const YAML::Node& feature : root["dataset_info"]["features"]) {
      if (feature["name"].as<std::string>("") != "objects") continue;
      for (const YAML::Node& column : feature["sequence"]) {
        const YAML::Node type = column["dtype"];
        if (!type || !type.IsMap() || !type["class_label"]) continue;
        const YAML::Node names = type["class_label"]["names"];
        if (!names || (!names.IsMap() && !names.IsSequence())) continue;
        if (names.size() > kMaxClasses) throw Error::untrusted(file, "more than 100,000 classes");
        std::vector<std::string> classes(names.size());
        std::size_t next = 0;
        for (const auto& entry : names) {
          const std::size_t index = names.IsMap() ? entry.first.as<std::size_t>() : next++;
          if (index >= classes.size()) {
            throw Error::untrusted(file, fmt::format("class {} of {}", index, classes.size()));
          }
          classes[index] = names.IsMap() ? entry.second.as<std::string>() : entry.as<std::string>();
        }
        return classes;
      }
    }
  } catch (const YAML::Exception& error) {
    throw Error::untrusted(file, error.what());
  }
  throw Error::untrusted(file, "the front matter declares no classes of objects");
}

Json text_of(const Json& value) { return value.is_null() ? Json("") : Json(value.dump()); }

Json row_of(const LabelledPicture& picture) {
  Json boxes = Json::array(), classes = Json::array(), scores = Json::array(),
       outlines = Json::array(), crowd = Json::array(), origins = Json::array();
  for (const AnnotatedObject& object : picture.objects) {
    boxes.push_back(box_json(object.box));
    classes.push_back(object.class_index);
    scores.push_back(object.score);
    outlines.push_back(object.outlines);
    crowd.push_back(object.crowd);
    origins.push_back(text_of(object.origin));
  }
  Json prompt = "";
  if (picture.details.is_object() && picture.details.contains("prompt") &&
      picture.details.at("prompt").is_string()) {
    prompt = picture.details.at("prompt");
  }
  return {{"file_name", kPictures + picture.file},
          {"width", picture.width},
          {"height", picture.height},
          {"text", prompt},
          {"details", text_of(picture.details)},
          {"objects",
           {{"bbox", boxes},
            {"categories", classes},
            {"scores", scores},
            {"segmentation", outlines},
            {"crowd", crowd},
            {"origins", origins}}}};
}

Json parsed(const Json& text, const fs::path& file) {
  if (!text.is_string() || text.get<std::string>().empty()) return {};
  return core::parse_json(text.get<std::string>(), file);
}

LabelledPicture picture_of(const JsonRow& row, const fs::path& file) {
  LabelledPicture picture{
      row.text("file_name"), picture_side(row, "width"), picture_side(row, "height"), {}, {}};
  if (row.has("details")) picture.details = parsed(row.value("details"), file);
  if (!row.has("objects")) return picture;
  const JsonRow objects = row.object("objects");
  const Json &boxes = objects.list("bbox"), &classes = objects.list("categories");
  const auto column = [&](const char* key) {
    Json list = objects.has(key) ? objects.list(key) : Json::array();
    if (!list.empty() && list.size() != boxes.size()) {
      objects.fail(fmt::format("{} '{}' for {} boxes", list.size(), key, boxes.size()));
    }
    return list;
  };
  if (classes.size() != boxes.size()) {
    objects.fail(fmt::format("{} 'categories' for {} boxes", classes.size(), boxes.size()));
  }
  const Json scores = column("scores"), outlines = column("segmentation"), crowd = column("crowd"),
             origins = column("origins");
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    AnnotatedObject object;
    object.box = objects.box(boxes[i]);
    if (!classes[i].is_number_integer()) objects.fail("a category that is no whole number");
    object.class_index = classes[i].get<std::int64_t>();
    if (i < scores.size() && scores[i].is_number()) object.score = scores[i].get<double>();
    if (i < outlines.size()) object.outlines = objects.outlines(outlines[i]);
    if (i < crowd.size() && crowd[i].is_boolean()) object.crowd = crowd[i].get<bool>();
    if (i < origins.size()) object.origin = parsed(origins[i], file);
    picture.objects.push_back(std::move(object));
  }
  return picture;
}

}  // namespace

LabelledDataset read_imagefolder_dataset(const fs::path& folder) {
  const fs::path file = folder / "metadata.jsonl";
  LabelledDataset dataset;
  dataset.classes = class_names(folder / "README.md");
  const std::vector<Json> rows = read_json_lines(file);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    dataset.pictures.push_back(picture_of({rows[i], file, fmt::format("line {}", i + 1)}, file));
  }
  const auto is_below = [](const LabelledPicture& picture) {
    return picture.file.rfind(kPictures, 0) == 0;
  };
  dataset.images = folder;
  if (std::all_of(dataset.pictures.begin(), dataset.pictures.end(), is_below)) {
    dataset.images = folder / "images";
    for (LabelledPicture& picture : dataset.pictures) {
      picture.file.erase(0, std::string(kPictures).size());
    }
  }
  check_dataset(dataset, folder);
  return dataset;
}

void write_imagefolder_dataset(const LabelledDataset& dataset, const fs::path& folder) {
  std::vector<Json> rows;
  for (const LabelledPicture& picture : dataset.pictures) rows.push_back(row_of(picture));
  write_json_lines(folder / "metadata.jsonl", rows);
  core::write_file_atomic(folder / "README.md", card(dataset));
}

}  // namespace ersatz::label
