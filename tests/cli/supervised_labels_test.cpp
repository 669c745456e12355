// `ersatz diffugen run` with labels of a segmenter.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "cli/diffugen_fixture.h"
#include "core/json.h"
#include "models/segmentation/small_segmenter.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::HasSubstr;

// Takes every pixel of every picture for a car.
void save_car_finder(const std::filesystem::path& file) {
  models::SmallSegmenter network({{"car", "boat"}, 4}, 1);
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : network.named_parameters()) {
      if (parameter.key() == "head_weight") parameter.value().zero_();
      // Nothing, car, boat; then: inside of an object.
      if (parameter.key() == "head_bias") {
        parameter.value().copy_(torch::tensor({0.F, 8.F, 0.F, 8.F}));
      }
    }
  }
  models::save_small_segmenter(file, network);
}

class SupervisedLabels : public ::testing::Test {
 protected:
  SupervisedLabels() {
    save_car_finder(shop_ / "finder.safetensors");
    shop_.edit("\"unsupervised\": true", "\"unsupervised\": false");
    shop_.edit("\"weights\": \"w\"", "\"weights\": \"finder.safetensors\"");
    shop_.edit("{\"car\": \"car\", \"bus\": \"bus\"}", "{\"car\": \"car\", \"bus\": \"car\"}");
  }
  DatasetWorkshop shop_;
};

TEST_F(SupervisedLabels, OfAllTasksAreThoseOfTheConfigurationsSegmenter) {
  const CommandResult result = shop_.run("");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  for (const auto& [task, count] :
       {std::pair<std::string, std::size_t>("txt2img", 8), {"img2img", 4}, {"inpaint", 8}}) {
    const std::string folder = "out/cars/" + task + "/";
    const std::vector<std::string> names = shop_.files(folder + "labels", ".json");
    EXPECT_EQ(names.size(), count) << task;
    EXPECT_TRUE(shop_.files(folder + "attentions", ".png").empty()) << task;
    for (const std::string& name : names) {
      const Json file = shop_.json(folder + "labels/" + name);
      ASSERT_EQ(file.at("labels").size(), 1U) << name;
      const Json& label = file.at("labels").front();
      // Both are found as cars: the picture's own object is meant.
      EXPECT_EQ(label.at("class_id"), file.at("object") == "bus" ? 0 : 1) << name;
      EXPECT_GT(label.at("score").get<double>(), 0.99);
      EXPECT_EQ(label.at("origin").at("method"), "segmenter/finder");
      EXPECT_FALSE(file.contains("attention"));
    }
    const Json recipe = shop_.json(folder + "recipe.json");
    EXPECT_EQ(recipe.at("labels"), "segmenter/finder");
    EXPECT_EQ(recipe.at("labelling").at("classes"),
              Json::parse(R"([["car", "car"], ["bus", "car"]])"));
    EXPECT_EQ(shop_.json(folder + "dataset.json").at("objects"), count);
  }
}

TEST_F(SupervisedLabels, OtherWeightsAreAnotherDataset) {
  ASSERT_EQ(shop_.run("--task txt2img --limit 2").exit_status, 0);
  models::save_small_segmenter(shop_ / "finder.safetensors",
                               models::SmallSegmenter({{"car", "boat"}, 4}, 2));
  const CommandResult other = shop_.run("--task txt2img --limit 2");
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_THAT(other.errors, HasSubstr("was made otherwise (different: labelling)"));
  EXPECT_EQ(shop_.run("--task txt2img --limit 2 --labels attention --out a").exit_status, 0);
}

TEST_F(SupervisedLabels, ClassesThatTheSegmenterDoesNotHaveAreNamed) {
  shop_.edit("\"bus\": \"car\"", "\"bus\": \"boot\"");
  const CommandResult result = shop_.run("");
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.errors, HasSubstr("boot"));
  EXPECT_THAT(result.errors, HasSubstr("boat"));
}

}  // namespace
}  // namespace ersatz::test
