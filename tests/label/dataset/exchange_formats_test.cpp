// The formats of other programs: written and read again, and what those programs write themselves.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "core/digest.h"
#include "core/file_system.h"
#include "data/coco/polygon_mask.h"
#include "label/dataset/formats.h"
#include "label/dataset/formats_fixture.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using core::Json;
using ::testing::HasSubstr;

class ExchangeFormats : public Formats {
 protected:
  // With everything that a dataset can hold: two parts, a box alone, details, origins.
  LabelledDataset rich_dataset(std::uint64_t seed) {
    LabelledDataset dataset = random_dataset(seed);
    dataset.pictures[1].details = {{"seed", 5},
                                   {"steps", 20},
                                   {"prompt", "a \"car\"\nat night"},
                                   {"prompt_template", "a {object_name}"},
                                   {"view_point", "rear"},
                                   {"object_name", "car"},
                                   {"time_of_day", "night"},
                                   {"sky_condition", "clear"},
                                   {"weather_condition", "good"}};
    LabelledPicture& last = dataset.pictures.back();
    last.objects[0].origin = {{"method", "attention/fixed"}, {"word", "car"}};
    AnnotatedObject box;
    box.class_index = 1;
    box.box = {2.5, 3, 10, 8.25};
    box.score = 0.25;
    last.objects.push_back(box);
    return dataset;
  }
  // Pictures that nothing is known of have empty details in DiffuGen's files.
  static void forget_details(LabelledDataset& dataset) {
    for (LabelledPicture& picture : dataset.pictures) picture.details = {};
  }
  void expect_refused(const std::string& file, const std::string& from, const std::string& to,
                      const std::function<void()>& reader, const std::string& message) {
    const std::string good = core::read_file(folder_ / file);
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    core::write_file_atomic(folder_ / file, bad);
    EXPECT_ERSATZ_ERROR(reader(), ExitCode::kUntrustedData, message);
    core::write_file_atomic(folder_ / file, good);
  }
};

TEST_F(ExchangeFormats, DiffuGen) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    LabelledDataset dataset = rich_dataset(seed);
    core::remove_tree(folder_ / "labels");
    write_diffugen_dataset(dataset, folder_.path());
    LabelledDataset read = read_diffugen_dataset(folder_.path());
    // The last object is a box alone.
    ASSERT_TRUE(read.pictures.back().objects.back().outlines.empty());
    EXPECT_EQ(read.pictures[1].details, dataset.pictures[1].details);
    dataset.pictures.back().objects.pop_back();
    read.pictures.back().objects.pop_back();
    expect_same(dataset, read, true);
    forget_details(dataset);
    forget_details(read);
    expect_same_records(dataset, read);
  }
}

TEST_F(ExchangeFormats, DiffuGensMasksCountBeforePolygons) {
  // 40 x 30 px, the middle 20 x 10 of them.
  LabelledDataset dataset = random_dataset(1);
  dataset.pictures.resize(1);
  const LabelledPicture& picture = dataset.pictures[0];
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(picture.width * picture.height), 0);
  for (int y = 10; y < 20; ++y) {
    for (int x = 10; x < 30; ++x) mask[static_cast<std::size_t>(y * picture.width + x)] = 1;
  }
  const data::Rle rle = data::encode_rle(mask.data(), picture.height, picture.width);
  dataset.pictures[0].objects = {AnnotatedObject{0, {10, 10, 20, 10}, {}, 0.5, false, {}}};
  write_diffugen_dataset(dataset, folder_.path());
  const fs::path file = folder_ / "labels/a/p0.json";
  Json json = core::read_json(file);
  json["labels"][0]["segmentation"] = {{"size", {picture.height, picture.width}},
                                       {"counts", data::rle_text(rle)}};
  core::write_json(file, json);
  const LabelledDataset read = read_diffugen_dataset(folder_.path());
  ASSERT_EQ(read.pictures[0].objects[0].outlines.size(), 1U);
  EXPECT_EQ(
      data::polygon_mask(read.pictures[0].objects[0].outlines[0], picture.height, picture.width)
          .counts,
      rle.counts);
  json["labels"][0]["segmentation"]["size"] = {1, 1};
  core::write_json(file, json);
  EXPECT_ERSATZ_ERROR(read_diffugen_dataset(folder_.path()), ExitCode::kUntrustedData,
                      "no mask of the picture's size");
}

TEST_F(ExchangeFormats, DiffuGenNeedsClassesAndPictures) {
  const LabelledDataset dataset = random_dataset(2);
  EXPECT_ERSATZ_ERROR(read_diffugen_dataset(folder_.path()), ExitCode::kMissing, "labels");
  write_diffugen_dataset(dataset, folder_.path());
  fs::rename(folder_ / "classes.txt", folder_ / "c.txt");
  EXPECT_ERSATZ_ERROR(read_diffugen_dataset(folder_.path()), ExitCode::kMissing, "classes.txt");
  core::write_file_atomic(folder_ / "classes.txt", "car\n");
  EXPECT_ERSATZ_ERROR(read_diffugen_dataset(folder_.path()), ExitCode::kUntrustedData, "of class");
  core::write_file_atomic(folder_ / "recipe.json", R"({"classes": ["car", "bus", "lorry"]})");
  EXPECT_EQ(read_diffugen_dataset(folder_.path()).classes.size(), 3U) << "the recipe counts";
  core::write_file_atomic(folder_ / "recipe.json", R"({"classes": 5})");
  EXPECT_ERSATZ_ERROR(read_diffugen_dataset(folder_.path()), ExitCode::kUntrustedData, "'classes'");
  fs::remove(folder_ / "recipe.json");
  fs::rename(folder_ / "c.txt", folder_ / "classes.txt");
  fs::remove(folder_ / "images/a/p0.png");
  EXPECT_ERSATZ_ERROR(read_diffugen_dataset(folder_.path()), ExitCode::kMissing, "p0.png");
}

TEST_F(ExchangeFormats, Imagefolder) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const LabelledDataset dataset = rich_dataset(seed);
    write_imagefolder_dataset(dataset, folder_.path());
    const LabelledDataset read = read_imagefolder_dataset(folder_.path());
    EXPECT_EQ(read.images, folder_ / "images");
    expect_same_records(dataset, read);
    LabelledDataset a = dataset, b = read;
    a.pictures.back().objects.pop_back();
    b.pictures.back().objects.pop_back();
    expect_same(a, b, true);
  }
  const Json line =
      Json::parse(core::read_file(folder_ / "metadata.jsonl")
                      .substr(0, core::read_file(folder_ / "metadata.jsonl").find('\n')));
  EXPECT_EQ(line.at("file_name"), "images/a/p0.png");
  EXPECT_EQ(line.at("objects").at("bbox"), Json::array());
  const std::string card = core::read_file(folder_ / "README.md");
  EXPECT_THAT(card, HasSubstr("            '1': \"bus \\\"red\\\"\"\n"));
  EXPECT_THAT(card, HasSubstr("size_categories:\n- n<1K\n"));
  const auto read = [&] { read_imagefolder_dataset(folder_.path()); };
  expect_refused("metadata.jsonl", "\"width\":40", "\"width\":\"x\"", read, "line 1: 'width'");
  expect_refused("metadata.jsonl", "images/a/p0.png", "../p0.png", read, "not below");
  expect_refused("metadata.jsonl", "\"categories\":[]", "\"categories\":[0]", read,
                 "1 'categories' for 0 boxes");
  expect_refused("metadata.jsonl", "{", "[", read, "metadata.jsonl:1");
  expect_refused("README.md", "---\n", "--\n", read, "no front matter");
  expect_refused("README.md", "class_label", "class_lable", read, "declares no classes");
}

TEST_F(ExchangeFormats, Croissant) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const LabelledDataset dataset = rich_dataset(seed);
    write_croissant_dataset(dataset, folder_.path());
    const LabelledDataset read = read_croissant_dataset(folder_.path());
    expect_same_records(dataset, read);
    LabelledDataset a = dataset, b = read;
    a.pictures.back().objects.pop_back();
    b.pictures.back().objects.pop_back();
    expect_same(a, b, true);
  }
  const Json json = core::read_json(folder_ / "croissant.json");
  EXPECT_EQ(json.at("@type"), "sc:Dataset");
  EXPECT_EQ(json.at("conformsTo"), "http://mlcommons.org/croissant/1.0");
  EXPECT_EQ(json.at("@context").at("cr"), "http://mlcommons.org/croissant/");
  EXPECT_EQ(json.at("distribution").at(1).at("sha256"),
            core::sha256_file(folder_ / "objects.jsonl"));
  // Every field points to a file that is described.
  for (const Json& set : json.at("recordSet")) {
    for (const Json& field : set.at("field")) {
      if (!field.contains("source")) continue;
      const Json file = field.at("source").at("fileObject").at("@id");
      EXPECT_TRUE(file == "pictures.jsonl" || file == "objects.jsonl") << file;
    }
  }
  const auto read = [&] { read_croissant_dataset(folder_.path()); };
  expect_refused("croissant.json", "croissant/1.0", "bread/1.0", read, "");
  expect_refused("croissant.json", "\"classes/id\": 0", "\"classes/id\": 4", read, "not numbered");
  expect_refused("objects.jsonl", "\"file_name\":\"", "\"file_name\":\"no-", read,
                 "object 0: its picture");
  expect_refused("objects.jsonl", "\"bbox\":[", "\"bbox\":[[],", read, "a box that is not");
}

TEST_F(ExchangeFormats, LabelStudio) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    LabelledDataset dataset = rich_dataset(seed);
    // An object of two parts.
    dataset.pictures.back().objects[1].outlines.push_back({1, 1, 5, 1, 5, 4});
    dataset.pictures.back().objects[1].box =
        box_around(dataset.pictures.back().objects[1].outlines);
    write_label_studio_dataset(dataset, folder_ / "ls");
    LabelledDataset read = read_label_studio_dataset(folder_ / "ls", dataset.images);
    expect_same_records(dataset, read);
    EXPECT_EQ(read.pictures.back().objects[1].outlines.size(), 2U);
    dataset.pictures.back().objects.erase(dataset.pictures.back().objects.begin() + 1);
    read.pictures.back().objects.erase(read.pictures.back().objects.begin() + 1);
    dataset.pictures.back().objects.pop_back();
    read.pictures.back().objects.pop_back();
    expect_same(dataset, read, true);
  }
  const Json tasks = core::read_json(folder_ / "ls/tasks.json");
  EXPECT_EQ(tasks.at(0).at("data").at("image"), "/data/local-files/?d=images/a/p0.png");
  EXPECT_THAT(core::read_file(folder_ / "ls/label_config.xml"),
              HasSubstr("<Label value=\"lorry: big &amp; &lt;wide>\""));
}

// What people drew counts before predictions, cancelled work does not, and names have other forms.
TEST_F(ExchangeFormats, LabelStudiosAnnotationsAreImported) {
  const std::string result =
      R"({"type": "rectanglelabels", "from_name": "l", "to_name": "image", "original_width": 200,
          "original_height": 100, "value": {"x": 10, "y": 20, "width": 30, "height": 40,
          "rotation": %R, "rectanglelabels": ["dog"]}})";
  const auto turned_by = [&](const std::string& angle) {
    std::string text = result;
    return text.replace(text.find("%R"), 2, angle);
  };
  core::write_file_atomic(folder_ / "export.json",
                          R"([{"data": {"image": "https://example.org/a/dog%201.png"},
           "annotations": [{"was_cancelled": true, "result": []},
                           {"was_cancelled": false, "result": [)" +
                              turned_by("0") +
                              R"(, {"type": "choices", "value": {"choices": ["x"]}}]}],
           "predictions": [{"result": []}]},
          {"data": {"image": "/data/upload/3/two.png"}, "annotations": [{"result": [)" +
                              turned_by("90") + "]}]}]");
  const LabelledDataset read =
      read_label_studio_dataset(folder_ / "export.json", folder_ / "images");
  ASSERT_EQ(read.pictures.size(), 2U);
  EXPECT_EQ(read.pictures[0].file, "dog 1.png");
  EXPECT_EQ(read.pictures[1].file, "two.png");
  ASSERT_EQ(read.pictures[0].objects.size(), 1U);
  const data::CocoBox& box = read.pictures[0].objects[0].box;
  EXPECT_DOUBLE_EQ(box.x, 20);
  EXPECT_DOUBLE_EQ(box.y, 20);
  EXPECT_DOUBLE_EQ(box.width, 60);
  EXPECT_DOUBLE_EQ(box.height, 40);
  // Clockwise around its first corner.
  const AnnotatedObject& turned = read.pictures[1].objects.at(0);
  EXPECT_NEAR(turned.box.x, 20 - 40, 1e-9);
  EXPECT_NEAR(turned.box.y, 20, 1e-9);
  EXPECT_NEAR(turned.box.width, 40, 1e-9);
  EXPECT_NEAR(turned.box.height, 60, 1e-9);
  EXPECT_EQ(read.classes, std::vector<std::string>{"dog"});
  const auto again = [&] {
    read_label_studio_dataset(folder_ / "export.json", folder_ / "images");
  };
  expect_refused("export.json", "\"dog\"", "5", again, "a region without a label");
  expect_refused("export.json", "\"x\": 10", "\"x\": null", again, "'x' is no number");
  expect_refused("export.json", "[{", "{\"a\": [{", again, "export.json");
  expect_refused("export.json", "\"rotation\": 90", "\"rotation\": 1e308", again,
                 "'rotation' is 1e+308");
  // Refused before a file elsewhere is opened for its size.
  core::write_file_atomic(folder_ / "export.json",
                          R"([{"data": {"image": "images/../../one.png"}}])");
  EXPECT_ERSATZ_ERROR(again(), ExitCode::kUntrustedData, "not below the folder");
}

}  // namespace
}  // namespace ersatz::label
