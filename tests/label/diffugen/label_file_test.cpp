// DiffuGen's label files: the published fields to the letter, and damage.
#include "label/diffugen/label_file.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::label {
namespace {

using core::ExitCode;
using core::Json;

// As the published program writes them.
const char* const kPublished = R"({
    "prompt_details": {
        "seed": 9369923,
        "steps": 50,
        "prompt": "a rear view of a car",
        "prompt_template": "a {view_point} view of a {object_name}",
        "view_point": "rear",
        "object_name": "car",
        "time_of_day": "day",
        "sky_condition": "clear",
        "weather_condition": "good"
    },
    "labels": [
        {
            "score": 0.75,
            "class_id": 2,
            "bounding_box": {
                "x": 0.25, "y": 0.5, "cx": 0.375, "cy": 0.75, "width": 0.25, "height": 0.5,
                "coordinates": [0.25, 0.5, 0.25, 0.5]
            },
            "bounding_polygon": [[0.25, 0.5], [0.4375, 0.5], [0.4375, 0.875], [0.25, 0.875]]
        }
    ]
})";

class LabelFiles : public ::testing::Test {
 protected:
  DiffuGenLabelFile read(const std::string& text) {
    core::write_file_atomic(folder_ / "l.json", text);
    return read_diffugen_labels(folder_ / "l.json");
  }
  test::TemporaryFolder folder_;
};

TEST_F(LabelFiles, PublishedFilesAreRead) {
  const DiffuGenLabelFile file = read(kPublished);
  EXPECT_EQ(file.details.seed, 9369923);
  EXPECT_EQ(file.details.attributes.weather_condition, "good");
  ASSERT_EQ(file.labels.size(), 1U);
  EXPECT_EQ(file.labels[0].class_id, 2);
  EXPECT_EQ(file.labels[0].height, 0.5);
  EXPECT_EQ(file.labels[0].polygon.size(), 4U);
  EXPECT_TRUE(file.record.empty());
  // And written alike.
  EXPECT_EQ(Json::parse(diffugen_label_text(file)), Json::parse(kPublished));
  EXPECT_EQ(diffugen_label_text(file).rfind("{\n    \"prompt_details\": {\n        \"seed\"", 0),
            0U);
}

TEST_F(LabelFiles, LabelsBecomeShares) {
  ObjectLabel object;
  object.class_index = 1;
  object.score = 0.5;
  object.box = {8, 4, 4, 2};
  object.polygon = {{8, 4}, {11, 4}, {11, 5}, {8, 5}};
  std::vector<std::uint8_t> mask(16 * 8, 0);
  for (int y = 4; y < 6; ++y) {
    for (int x = 8; x < 12; ++x) mask[static_cast<std::size_t>(y * 16 + x)] = 1;
  }
  object.mask = data::encode_rle(mask.data(), 8, 16);
  object.origin = {"attention/fixed", "car", 97, 3};
  DiffuGenLabelFile file;
  file.labels = {diffugen_label(object, 16, 8, 15)};
  file.record["index"] = 7;
  const Json json = Json::parse(diffugen_label_text(file));
  const Json& label = json.at("labels").at(0);
  EXPECT_EQ(label.at("bounding_box"),
            Json::parse(R"({"x": 0.5, "y": 0.5, "cx": 0.625, "cy": 0.625, "width": 0.25,
                            "height": 0.25, "coordinates": [0.5, 0.5, 0.25, 0.25]})"));
  EXPECT_EQ(label.at("bounding_polygon").at(1), Json({11.0 / 16, 0.5}));
  EXPECT_EQ(label.at("origin"),
            Json::parse(R"({"method": "attention/fixed", "word": "car", "layers": 15,
                            "threshold": 97.0, "contour": 3})"));
  EXPECT_EQ(label.at("segmentation").at("size"), Json({8, 16}));
  EXPECT_EQ(json.at("index"), 7);
  const DiffuGenLabelFile back = read(diffugen_label_text(file));
  EXPECT_EQ(diffugen_label_text(back), diffugen_label_text(file));
  // Its edge included, the polygon is the mask again.
  const data::GreyImage filled = polygon_picture(back.labels[0], 16, 8);
  for (std::size_t i = 0; i < mask.size(); ++i) EXPECT_EQ(filled.pixels[i], 255 * mask[i]) << i;
}

TEST_F(LabelFiles, TheLargestBoxCounts) {
  DiffuGenLabelFile file;
  EXPECT_EQ(largest_label(file), -1);
  file.labels.resize(3);
  file.labels[0].width = 0.9, file.labels[0].height = 0.1;
  file.labels[1].width = file.labels[1].height = 0.5;
  file.labels[2].width = file.labels[2].height = 0.5;
  EXPECT_EQ(largest_label(file), 1) << "the first of equals";
}

TEST_F(LabelFiles, DamageIsNamed) {
  const auto refused = [&](const std::string& from, const std::string& to,
                           const std::string& message) {
    std::string text = kPublished;
    text.replace(text.find(from), from.size(), to);
    EXPECT_ERSATZ_ERROR(read(text), ExitCode::kUntrustedData, message);
  };
  refused("\"seed\": 9369923", "\"seed\": \"x\"", "'seed' is no whole number");
  refused("\"seed\": 9369923", "\"seed\": 1.5", "'seed' is no whole number");
  refused("\"steps\": 50,", "", "'steps' is missing");
  refused("\"prompt\": \"a rear view of a car\"", "\"prompt\": [1]", "'prompt' is array");
  refused("\"score\": 0.75", "\"score\": null", "'score' is no number");
  refused("\"score\": 0.75", "\"score\": 1e300", "'score' is 1e+300");
  refused("\"class_id\": 2", "\"class_id\": true", "'class_id' is no whole number");
  refused("\"width\": 0.25", "\"width\": -0.25", "negative size");
  refused("[0.25, 0.5], [0.4375", "[0.25], [0.4375", "'bounding_polygon' has no [x, y]");
  refused("\"score\": 0.75", "\"score\": 0.75, \"origin\": {\"word\": 3}", "'word' is number");
  refused("\"labels\": [", "\"labels\": {", "l.json");
  refused("\"prompt_details\"", "\"prompt\"", "'prompt_details' is missing");
  EXPECT_ERSATZ_ERROR(read("[]"), ExitCode::kUntrustedData, "missing");
  EXPECT_ERSATZ_ERROR(read_diffugen_labels(folder_ / "none.json"), ExitCode::kMissing, "none.json");
}

}  // namespace
}  // namespace ersatz::label
