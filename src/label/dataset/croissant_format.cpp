// Croissant 1.0 (mlcommons.org/croissant/1.0): a JSON-LD description of a dataset's files and
// records. The labels are in two JSON-lines files that it describes.
#include <fmt/format.h>

#include <map>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "label/dataset/formats.h"
#include "label/dataset/json_rows.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr const char* kMetadata = "croissant.json";
constexpr const char* kPictureRows = "pictures.jsonl";
constexpr const char* kObjectRows = "objects.jsonl";
constexpr const char* kConformsTo = "http://mlcommons.org/croissant/1.0";

// The context that the standard's appendix prescribes.
Json context() {
  Json context = {{"@language", "en"}, {"@vocab", "https://schema.org/"}};
  for (const char* term : {"citeAs",        "column",     "conformsTo", "cr",      "data",
                           "dataType",      "dct",        "examples",   "extract", "field",
                           "fileProperty",  "fileObject", "fileSet",    "format",  "includes",
                           "isLiveDataset", "jsonPath",   "key",        "md5",     "parentField",
                           "path",          "recordSet",  "references", "regex",   "repeated",
                           "replace",       "sc",         "separator",  "source",  "subField",
                           "transform"}) {
    context[term] = fmt::format("cr:{}", term);
  }
  context["conformsTo"] = "dct:conformsTo";
  context["cr"] = "http://mlcommons.org/croissant/";
  context["dct"] = "http://purl.org/dc/terms/";
  context["sc"] = "https://schema.org/";
  context["data"] = {{"@id", "cr:data"}, {"@type", "@json"}};
  context["examples"] = {{"@id", "cr:examples"}, {"@type", "@json"}};
  context["dataType"] = {{"@id", "cr:dataType"}, {"@type", "@vocab"}};
  return context;
}

Json id(const std::string& name) { return {{"@id", name}}; }

Json file_object(const fs::path& folder, const char* name, const char* description) {
  return {{"@type", "cr:FileObject"},
          {"@id", name},
          {"name", name},
          {"description", description},
          {"contentUrl", name},
          {"encodingFormat", "application/jsonlines"},
          {"sha256", core::sha256_file(folder / name)}};
}

Json file_set(const char* name, const char* format, const char* pattern) {
  return {{"@type", "cr:FileSet"},
          {"@id", name},
          {"name", name},
          {"encodingFormat", format},
          {"includes", pattern}};
}

struct Column {
  const char* name;
  const char* type;
  const char* description;
};

// A field for every column of a JSON-lines file.
Json record_set(const char* name, const char* file, const std::vector<Column>& columns) {
  Json fields = Json::array();
  for (const Column& column : columns) {
    fields.push_back(
        {{"@type", "cr:Field"},
         {"@id", fmt::format("{}/{}", name, column.name)},
         {"name", column.name},
         {"description", column.description},
         {"dataType", column.type},
         {"source", {{"fileObject", id(file)}, {"extract", {{"column", column.name}}}}}});
  }
  return {{"@type", "cr:RecordSet"}, {"@id", name}, {"name", name}, {"field", fields}};
}

// The classes, with their names in the file itself.
Json class_records(const LabelledDataset& dataset) {
  Json data = Json::array();
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    data.push_back({{"classes/id", i}, {"classes/name", dataset.classes[i]}});
  }
  return {
      {"@type", "cr:RecordSet"},
      {"@id", "classes"},
      {"name", "classes"},
      {"dataType", "sc:Enumeration"},
      {"key", id("classes/id")},
      {"field",
       {{{"@type", "cr:Field"}, {"@id", "classes/id"}, {"name", "id"}, {"dataType", "sc:Integer"}},
        {{"@type", "cr:Field"},
         {"@id", "classes/name"},
         {"name", "name"},
         {"dataType", "sc:Text"}}}},
      {"data", data}};
}

Json metadata(const LabelledDataset& dataset, const fs::path& folder, std::size_t objects) {
  Json pictures = record_set("pictures", kPictureRows,
                             {{"file_name", "sc:Text", "Path of the picture below images/"},
                              {"width", "sc:Integer", "px"},
                              {"height", "sc:Integer", "px"},
                              {"details", "sc:Text", "Prompt, seed and the like, as JSON"}});
  pictures["key"] = id("pictures/file_name");
  Json rows = record_set("objects", kObjectRows,
                         {{"file_name", "sc:Text", "The picture that the object is in"},
                          {"class_id", "sc:Integer", "Index of the class"},
                          {"bbox", "cr:BoundingBox", "[x, y, width, height] in px"},
                          {"outlines", "cr:SegmentationMask", "[[x0, y0, x1, y1, ...], ...] in px"},
                          {"score", "sc:Float", "In [0, 1]"},
                          {"crowd", "sc:Boolean", "Whether it stands for many objects"},
                          {"origin", "sc:Text", "How the label came about, as JSON"}});
  rows["field"][0]["references"] = {{"field", id("pictures/file_name")}};
  rows["field"][1]["references"] = {{"field", id("classes/id")}};
  std::string name = folder.filename().string();
  if (name.empty()) name = folder.parent_path().filename().string();
  return {{"@context", context()},
          {"@type", "sc:Dataset"},
          {"name", name.empty() ? "dataset" : name},
          {"description", fmt::format("{} labelled pictures with {} objects of {} classes",
                                      dataset.pictures.size(), objects, dataset.classes.size())},
          {"conformsTo", kConformsTo},
          {"version", "1.0.0"},
          {"distribution",
           {file_object(folder, kPictureRows, "One line for each picture"),
            file_object(folder, kObjectRows, "One line for each object"),
            file_set("png-files", "image/png", "images/**/*.png"),
            file_set("jpeg-files", "image/jpeg", "images/**/*.jpg")}},
          {"recordSet", {class_records(dataset), pictures, rows}}};
}

std::vector<std::string> class_names(const fs::path& file) {
  const Json root = core::read_json(file);
  const JsonRow metadata(root, file, "");
  if (metadata.text("conformsTo").rfind("http://mlcommons.org/croissant/", 0) != 0) {
    metadata.fail("'conformsTo' is not Croissant");
  }
  for (const Json& set : metadata.list("recordSet")) {
    const JsonRow row(set, file, "recordSet");
    if (row.text("@id") != "classes") continue;
    std::vector<std::string> names;
    for (const Json& record : row.list("data")) {
      const JsonRow one(record, file, fmt::format("class {}", names.size()));
      if (one.whole("classes/id") != static_cast<std::int64_t>(names.size())) {
        one.fail("classes are not numbered 0, 1, 2, ...");
      }
      names.push_back(one.text("classes/name"));
    }
    return names;
  }
  metadata.fail("there is no record set 'classes'");
}

Json json_in(const JsonRow& row, const char* key, const fs::path& file) {
  if (!row.has(key) || row.text(key).empty()) return {};
  return core::parse_json(row.text(key), file);
}

}  // namespace

LabelledDataset read_croissant_dataset(const fs::path& folder) {
  LabelledDataset dataset;
  dataset.images = folder / "images";
  dataset.classes = class_names(folder / kMetadata);
  std::map<std::string, std::size_t> places;
  const fs::path pictures = folder / kPictureRows, objects = folder / kObjectRows;
  for (const Json& json : read_json_lines(pictures)) {
    const JsonRow row(json, pictures, fmt::format("picture {}", dataset.pictures.size()));
    places[row.text("file_name")] = dataset.pictures.size();
    dataset.pictures.push_back({row.text("file_name"),
                                picture_side(row, "width"),
                                picture_side(row, "height"),
                                {},
                                json_in(row, "details", pictures)});
  }
  std::size_t number = 0;
  for (const Json& json : read_json_lines(objects)) {
    const JsonRow row(json, objects, fmt::format("object {}", number++));
    const auto place = places.find(row.text("file_name"));
    if (place == places.end()) row.fail("its picture is not in pictures.jsonl");
    AnnotatedObject object;
    object.class_index = row.whole("class_id");
    object.box = row.box(row.list("bbox"));
    object.outlines = row.outlines(row.list("outlines"));
    object.score = row.number("score");
    object.crowd = row.has("crowd") && row.value("crowd") == Json(true);
    object.origin = json_in(row, "origin", objects);
    dataset.pictures[place->second].objects.push_back(std::move(object));
  }
  check_dataset(dataset, folder);
  return dataset;
}

void write_croissant_dataset(const LabelledDataset& dataset, const fs::path& folder) {
  const auto text_of = [](const Json& value) {
    return value.is_null() ? std::string() : value.dump();
  };
  std::vector<Json> pictures, objects;
  for (const LabelledPicture& picture : dataset.pictures) {
    pictures.push_back({{"file_name", picture.file},
                        {"width", picture.width},
                        {"height", picture.height},
                        {"details", text_of(picture.details)}});
    for (const AnnotatedObject& object : picture.objects) {
      objects.push_back({{"file_name", picture.file},
                         {"class_id", object.class_index},
                         {"bbox", box_json(object.box)},
                         {"outlines", object.outlines},
                         {"score", object.score},
                         {"crowd", object.crowd},
                         {"origin", text_of(object.origin)}});
    }
  }
  write_json_lines(folder / kPictureRows, pictures);
  write_json_lines(folder / kObjectRows, objects);
  // Last: it has the digests of the other two.
  core::write_json(folder / kMetadata, metadata(dataset, folder, objects.size()));
}

}  // namespace ersatz::label
