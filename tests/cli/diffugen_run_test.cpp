// `ersatz diffugen run`: what the datasets hold.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>
#include <set>

#include "cli/cli_fixture.h"
#include "cli/diffugen_fixture.h"
#include "data/coco/polygon_mask.h"
#include "data/images/image_file.h"
#include "label/diffugen/label_file.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// Stems of a kind of files, with their folders.
std::set<std::string> stems(const DatasetWorkshop& shop, const std::string& folder,
                            const std::string& ending) {
  std::set<std::string> result;
  for (const std::string& name : shop.files(folder, ending)) {
    result.insert(name.substr(0, name.size() - ending.size()));
  }
  return result;
}

TEST(DiffuGenRun, AllTasksInThePublishedLayout) {
  const DatasetWorkshop shop;
  const CommandResult result = shop.run("");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  for (const auto& [task, count] :
       {std::pair<std::string, std::size_t>("txt2img", 8), {"img2img", 4}, {"inpaint", 8}}) {
    const std::string folder = "out/cars/" + task + "/";
    const std::set<std::string> labels = stems(shop, folder + "labels", ".json");
    EXPECT_THAT(labels, SizeIs(count)) << task;
    for (const char* kind : {"images", "masks", "visualizations"}) {
      EXPECT_EQ(stems(shop, folder + kind, ".png"), labels) << task << " " << kind;
    }
    for (const std::string& stem : labels) {
      EXPECT_TRUE(fs::exists(shop / (folder + "attentions/" + stem + ".png"))) << stem;
      const data::RgbImage mask = data::read_image(shop / (folder + "masks/" + stem + ".png"));
      EXPECT_EQ(mask.width, 32);
    }
    EXPECT_EQ(shop.json(folder + "dataset.json").at("pictures"), count);
    EXPECT_FALSE(shop.files(folder + "contact_sheets", ".png").empty());
    EXPECT_TRUE(shop.files(folder, ".partial").empty());
  }
  EXPECT_THAT(result.output, HasSubstr("out/cars/txt2img/images/0001/car_rear_day_clear_good_1_"));
  EXPECT_EQ(shop.json("out/cars/txt2img/sd_model_info.json").at("initial_seed"), 9782091);
  EXPECT_EQ(shop.json("out/cars/inpaint/stable_diffusion_model_info.json").at("torch_dtype"),
            "torch.float32");
  EXPECT_EQ(shop.json("out/cars/txt2img/recipe.json").at("scheduler").at("solver"), "pndm");
  for (const char* task : {"img2img", "inpaint"}) {
    const Json recipe = shop.json(fmt::format("out/cars/{}/recipe.json", task));
    EXPECT_EQ(recipe.at("scheduler").at("solver"), "dpm_multistep");
    EXPECT_EQ(recipe.at("strength"), std::string(task) == "img2img" ? 0.8 : 1.0);
    EXPECT_EQ(recipe.at("guidance"), 7.5);
  }
}

TEST(DiffuGenRun, LabelsSayWhereTheyComeFrom) {
  const DatasetWorkshop shop;
  ASSERT_EQ(shop.run("--out other").exit_status, 0);
  EXPECT_FALSE(fs::exists(shop / "out"));
  std::size_t objects = 0;
  for (const std::string& name : shop.files("other/cars/txt2img/labels", ".json")) {
    const Json file = shop.json("other/cars/txt2img/labels/" + name);
    const Json& details = file.at("prompt_details");
    const std::string object = details.at("object_name");
    EXPECT_EQ(details.at("prompt"), fmt::format("a rear {}, clear, {}, good", object,
                                                details.at("time_of_day").get<std::string>()));
    EXPECT_EQ(details.at("steps"), 3);
    EXPECT_EQ(file.at("attention").at("network_calls"), 4) << "PNDM's, of three steps";
    for (const Json& label : file.at("labels")) {
      ++objects;
      EXPECT_EQ(label.at("class_id"), object == "bus" ? 0 : 1) << "of dataset_classes";
      EXPECT_EQ(label.at("origin").at("word"), object);
      EXPECT_EQ(label.at("origin").at("method"), "attention/fixed");
      EXPECT_EQ(label.at("origin").at("layers"), file.at("attention").at("layers").size());
      EXPECT_TRUE(label.at("origin").contains("threshold"));
      EXPECT_TRUE(label.at("origin").contains("contour"));
    }
  }
  EXPECT_GT(objects, 0U);
  // Pictures that were made from others name them.
  const std::vector<std::string> derived = shop.files("other/cars/img2img/labels", ".json");
  ASSERT_EQ(derived.size(), 4U);
  for (const std::string& name : derived) {
    const Json file = shop.json("other/cars/img2img/labels/" + name);
    const std::string source = file.at("source").at("file");
    const Json from = shop.json("other/cars/txt2img/labels/" + source + ".json");
    EXPECT_EQ(from.at("prompt_details").at("seed"), file.at("prompt_details").at("seed"));
    EXPECT_EQ(from.at("prompt_details").at("time_of_day"), "night");
    EXPECT_EQ(file.at("prompt_details").at("weather_condition"), "rain") << "'goo' is in 'good'";
    EXPECT_EQ(from.at("files").at("images").at("sha256"), file.at("source").at("sha256"));
  }
  const std::string inpainted = shop.files("other/cars/inpaint/labels", ".json").front();
  const Json file = shop.json("other/cars/inpaint/labels/" + inpainted);
  EXPECT_EQ(file.at("prompt_details").at("prompt"), "a rear view of old van");
  EXPECT_EQ(file.at("object"), "car");
  for (const Json& label : file.at("labels")) {
    EXPECT_EQ(label.at("origin").at("word"), "old van");
    EXPECT_EQ(label.at("class_id"), 1);
  }
}

TEST(DiffuGenRun, EveryClassThatAPromptNamesIsLabelled) {
  const DatasetWorkshop shop;
  shop.edit("a {view_point} {object_name},", "{view_point} {object_name} by van,");
  ASSERT_EQ(shop.run("--task txt2img --limit 2 --word night=bus").exit_status, 0);
  std::set<std::string> words;
  for (const std::string& name : shop.files("out/cars/txt2img/labels", ".json")) {
    const Json file = shop.json("out/cars/txt2img/labels/" + name);
    const Json& maps = file.at("files").at("attentions");
    EXPECT_EQ(maps.size(), 2U);
    EXPECT_EQ(maps.at(0).at("word"), "car");
    EXPECT_EQ(maps.at(1).at("word"), "van");
    EXPECT_THAT(maps.at(1).at("file").get<std::string>(), HasSubstr(".1.png"));
    for (const Json& label : file.at("labels")) {
      words.insert(fmt::format("{} {}", label.at("class_id").get<int>(),
                               label.at("origin").at("word").get<std::string>()));
    }
  }
  EXPECT_THAT(words, Contains("1 car"));
  EXPECT_THAT(words, Contains("2 van"));
  const CommandResult night = shop.run("--task txt2img --out n --word night=bus");
  ASSERT_EQ(night.exit_status, 0) << night.errors;
  EXPECT_GT(shop.json("n/cars/txt2img/dataset.json").at("classes").at("bus"), 4);
}

TEST(DiffuGenRun, PublishedLabelsAreThoseOfThePublishedCode) {
  const DatasetWorkshop shop;
  const CommandResult result = shop.run("--recipe published --size 64x64");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  for (const char* task : {"txt2img", "inpaint"}) {
    for (const std::string& name : shop.files(fmt::format("out/cars/{}/labels", task), ".json")) {
      const Json file = shop.json(fmt::format("out/cars/{}/labels/{}", task, name));
      EXPECT_EQ(file.at("files").at("attentions").size(), 1U);
      EXPECT_EQ(file.at("files").at("attentions").at(0).at("word"),
                std::string(task) == "inpaint" ? file.at("prompt_details").at("prompt")
                                               : file.at("prompt_details").at("object_name"));
      for (const Json& label : file.at("labels")) EXPECT_EQ(label.at("class_id"), 0);
    }
  }
}

// Ten erosions leave nothing of pictures of 32 px.
TEST(DiffuGenRun, PicturesWithoutAnObjectEndNoRun) {
  const DatasetWorkshop shop;
  const CommandResult result = shop.run("--recipe published --json");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  const Json tasks = Json::parse(result.output);
  EXPECT_EQ(tasks.at(0).at("dataset").at("without_objects"), 8) << "kept, with no labels";
  EXPECT_THAT(shop.files("out/cars/txt2img/labels", ".json"), SizeIs(8));
  EXPECT_EQ(
      shop.json("out/cars/txt2img/labels/" + shop.files("out/cars/txt2img/labels", ".json").front())
          .at("labels"),
      Json::array());
  EXPECT_EQ(tasks.at(1).at("dataset").at("skipped"), 4) << "not kept";
  EXPECT_THAT(shop.files("out/cars/img2img/images", ".png"), SizeIs(0));
  EXPECT_THAT(shop.files("out/cars/img2img/skipped", ".json"), SizeIs(4));
  EXPECT_EQ(tasks.at(1).at("complete"), true);
  EXPECT_EQ(tasks.at(2).at("sources_without_labels"), 8) << "nothing to repaint";
  EXPECT_THAT(result.errors, HasSubstr("inpaint: 8 pictures left out: their source has no label"));
  const Json again = Json::parse(shop.run("--recipe published --json").output);
  for (const Json& task : again) EXPECT_EQ(task.at("made"), 0);
}

TEST(DiffuGenRun, JpegsAndEmbeddingsAsTheConfigurationSays) {
  const DatasetWorkshop shop;
  shop.edit("\"png\"", "\"jpg\"");
  shop.edit("\"object_names\"",
            R"("textual_inversion": {"weights": "learned/thing.safetensors", "keyword": "<thing>"},
    "object_names")");
  shop.edit("{object_name},", "{object_name} <thing>,");
  const CommandResult absent = shop.run("");
  EXPECT_EQ(absent.exit_status, 40);
  EXPECT_THAT(absent.errors, HasSubstr("learned/thing.safetensors"));
  const std::size_t width =
      core::read_json(shop.model() / "text_encoder/config.json").at("hidden_size");
  std::string header = fmt::format(
      R"({{"<learned>":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{}]}}}})", width, 4 * width);
  std::string file(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  write_text(shop / "learned/thing.safetensors", file + header + std::string(4 * width, '\0'));
  const CommandResult result = shop.run("--task txt2img --limit 1");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("embedding thing.safetensors"));
  EXPECT_EQ(shop.json("out/cars/txt2img/sd_model_info.json").at("load_textual_inversion"),
            "thing.safetensors");
  const std::vector<std::string> images = shop.files("out/cars/txt2img/images", "");
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(data::read_image_header(shop / ("out/cars/txt2img/images/" + images[0])).format,
            data::ImageFormat::kJpeg);
  EXPECT_THAT(images[0], HasSubstr(".jpg"));
}

TEST(DiffuGenRun, DatasetsAreExported) {
  const DatasetWorkshop shop;
  ASSERT_EQ(shop.run("--task txt2img --size 64x64").exit_status, 0);
  const CommandResult result =
      shop.ersatz("export out/cars/txt2img --from diffugen --to coco --out coco.json");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  const Json coco = shop.json("coco.json");
  EXPECT_EQ(coco.at("categories").at(1).at("name"), "car");
  ASSERT_GT(coco.at("annotations").size(), 0U);
  std::map<int, std::string> names;
  for (const Json& image : coco.at("images")) names[image.at("id")] = image.at("file_name");
  std::map<std::string, std::size_t> next;
  for (const Json& one : coco.at("annotations")) {
    const std::string& name = names.at(one.at("image_id"));
    const label::DiffuGenLabelFile file = label::read_diffugen_labels(
        shop / ("out/cars/txt2img/labels/" + name.substr(0, name.size() - 4) + ".json"));
    const label::DiffuGenLabel& label = file.labels.at(next[name]++);
    EXPECT_NEAR(one.at("bbox")[0].get<double>(), 64 * label.x, 0.5);
    EXPECT_NEAR(one.at("bbox")[3].get<double>(), 64 * label.height, 0.5);
    std::vector<data::Rle> parts;
    for (const Json& part : one.at("segmentation")) {
      parts.push_back(data::polygon_mask(part.get<std::vector<double>>(), 64, 64));
    }
    const data::Rle mask =
        data::parse_rle_text(label.segmentation.at("counts").get<std::string>(), 64, 64, name);
    const data::Overlap pixels = data::overlap(data::union_of(parts), mask);
    EXPECT_GE(static_cast<double>(pixels.both), 0.97 * static_cast<double>(pixels.either));
  }
  for (const char* format : {"imagefolder", "croissant", "label-studio", "yolo-segment"}) {
    const CommandResult other = shop.ersatz(fmt::format(
        "export out/cars/txt2img --from diffugen --to {0} --out {0} --pictures copy", format));
    EXPECT_EQ(other.exit_status, 0) << other.errors;
    const CommandResult back =
        shop.ersatz(fmt::format("export {0} --from {0} --to coco --out {0}.json --json", format));
    ASSERT_EQ(back.exit_status, 0) << back.errors;
    EXPECT_EQ(Json::parse(back.output).at("objects"), coco.at("annotations").size());
  }
}

struct Mistake {
  const char *from, *to, *arguments;
  int exit_status;
  const char* message;
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << '"' << mistake.message << '"'; }

class DiffuGenMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(DiffuGenMistakes, EndInOneLineBeforeAnythingIsWritten) {
  const DatasetWorkshop shop;
  const Mistake& mistake = GetParam();
  if (mistake.from[0] != '\0') shop.edit(mistake.from, mistake.to);
  const CommandResult result = shop.run(mistake.arguments);
  EXPECT_EQ(result.exit_status, mistake.exit_status) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr(mistake.message));
  EXPECT_FALSE(fs::exists(shop / "out"));
}

INSTANTIATE_TEST_SUITE_P(
    Run, DiffuGenMistakes,
    ::testing::Values(
        Mistake{"\"steps\": 3,", "", "", 2, "cars.json:1: 'steps' is missing"},
        Mistake{"\"steps\": 3", "\"steps\": \"x\"", "", 2, "cars.json:6: 'steps'"},
        Mistake{"\"max\": 5", "\"max\": 0", "", 2, "cars.json:14: 'max': 0 is below min"},
        Mistake{"[\"rear\"]", "[]", "", 2, "cars.json:17: 'view_points': the list is empty"},
        Mistake{"{object_name}", "{objekt_name}", "", 2, "unknown placeholder {objekt_name}"},
        Mistake{"\"max\": 5", "\"max\": 9000000000, \"x\": 1", "", 2, "unknown key 'x'"},
        Mistake{"\"seed_count_per_prompt\": 2", "\"seed_count_per_prompt\": 6", "", 2,
                "6 different seeds are not to be had"},
        Mistake{"\"inpaint\"", "\"impaint\"", "", 2, "unknown key 'impaint'"},
        Mistake{"\"car\": [", "\"cra\": [", "", 2, "'cra': is no object of this dataset"},
        Mistake{"\"unsupervised\": true", "\"unsupervised\": false", "", 40,
                "the segmenter 'w' is neither beside"},
        Mistake{"", "", "--labels segmenter --segmenter none", 40, "there is no segmenter none"},
        Mistake{"", "", "--labels segmenter --word car", 2, "--labels attention"},
        Mistake{"", "", "--segmenter cars.json", 2, "labels come from attention"},
        Mistake{"", "", "--labels segmenter --segmenter cars.json", 30, "cars.json"},
        Mistake{
            "{view_point} {object_name}",
            "{view_point} 0123456789012345678901234567890123456789012345678901234567890123456789"
            "0123456789 {object_name}",
            "", 2, "'car' is not within the first 75 tokens"},
        Mistake{"", "", "--model none", 2, "--model"},
        Mistake{"", "", "--task inpant", 2, "inpaint"},
        Mistake{"", "", "--recipe fixd", 2, "fixed"},
        Mistake{"", "", "--word truck", 2, "unknown class of --word 'truck'"},
        Mistake{"", "", "--word car --recipe published", 2, "--recipe fixed"},
        Mistake{"", "", "--size 30x32", 2, "not a multiple of 8"},
        Mistake{"", "", "--shard 2/2", 2, "--shard"},
        Mistake{"", "", "--inpaint-model none", 40, "there is no model none"},
        Mistake{"", "", "--task img2img", 40, "there is no source dataset out/cars/txt2img"},
        Mistake{"", "", "--img2img-strength 0.1", 2, "leaves none to run"}));

}  // namespace
}  // namespace ersatz::test
