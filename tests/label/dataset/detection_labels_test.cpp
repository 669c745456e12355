#include "label/dataset/detection_labels.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/file_system.h"
#include "core/printable.h"
#include "data/images/png_codec.h"
#include "label/dataset/detection_scan.h"
#include "label/dataset/labelled_dataset.h"
#include "support/growth.h"
#include "support/test_support.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

class DetectionLabelsTest : public ::testing::Test {
 protected:
  void picture(const fs::path& name, int width = 40, int height = 30) {
    const auto bytes = static_cast<std::size_t>(3 * width) * static_cast<std::size_t>(height);
    core::write_file_atomic(
        folder_ / "images" / name,
        data::encode_png(data::RgbImage{width, height, std::vector<std::uint8_t>(bytes, 90)}));
  }
  DetectionLabels coco(const std::string& images, const std::string& annotations,
                       const std::vector<std::string>& classes = {}) {
    core::write_file_atomic(folder_ / "gt.json",
                            R"({"categories": [{"id": 4, "name": "apple"}], "images": [)" + images +
                                R"(], "annotations": [)" + annotations + "]}");
    return read_detection_labels({folder_ / "gt.json", DetectionFormat::kCoco, {}, {}}, classes);
  }
  DetectionLabels yolo(const std::string& lines) {
    core::write_file_atomic(folder_ / "data.yaml", "train: images\nnames: [apple, pear]\n");
    core::write_file_atomic(folder_ / "labels" / "a.txt", lines);
    return read_detection_labels({folder_.path(), DetectionFormat::kYolo, {}, {}});
  }
  static std::string image(int id, const std::string& name) {
    return R"({"id": )" + std::to_string(id) + R"(, "file_name": ")" + name +
           R"(", "width": 40, "height": 30})";
  }
  static std::string box(int id, int image, const std::string& corners, int category = 4) {
    return R"({"id": )" + std::to_string(id) + R"(, "image_id": )" + std::to_string(image) +
           R"(, "category_id": )" + std::to_string(category) + R"(, "bbox": [)" + corners + "]}";
  }
  // The one problem there is, of the picture a.png.
  static void expect_only(const DetectionLabels& labels, LabelProblem problem,
                          const std::string& detail, const std::string& file = "a.png") {
    ASSERT_EQ(labels.report.findings().size(), 1U) << labels.report.summary();
    EXPECT_EQ(labels.report.count(problem), 1) << labels.report.summary();
    EXPECT_EQ(labels.report.findings()[0].file, file);
    EXPECT_NE(labels.report.findings()[0].detail.find(detail), std::string::npos)
        << labels.report.findings()[0].detail;
    EXPECT_ERSATZ_ERROR(require_usable(labels, "gt", BadLabels::kRefuse), ExitCode::kUntrustedData,
                        std::string(label_problem_name(problem)));
  }

  test::TemporaryFolder folder_;
};

TEST_F(DetectionLabelsTest, ReadsWhatIsRight) {
  picture("a.png");
  picture("b.png");
  const DetectionLabels labels =
      coco(image(1, "b.png") + "," + image(2, "a.png"), box(1, 2, "5, 6, 10.5, 8"));
  EXPECT_TRUE(labels.report.clean()) << labels.report.summary();
  ASSERT_EQ(labels.pictures.size(), 2U);
  EXPECT_EQ(labels.pictures[0].name, "a.png");
  ASSERT_EQ(labels.pictures[0].boxes.size(), 1U);
  EXPECT_FLOAT_EQ(labels.pictures[0].boxes[0].x1, 15.5F);
  EXPECT_EQ(labels.classes, std::vector<std::string>{"apple"});
  require_usable(labels, "gt", BadLabels::kRefuse);
  const data::DetectionSet set = data::load_detection_set(labels.pictures, labels.classes, 64);
  EXPECT_EQ(set.boxes(), 1U);
  EXPECT_FLOAT_EQ(set.pictures[0].boxes[0].x0, 8.0F);
}

TEST_F(DetectionLabelsTest, EveryMistakeOfCoco) {
  picture("a.png");
  const std::string good = box(1, 1, "5, 6, 10, 8");
  const std::string a = image(1, "a.png");
  expect_only(coco(a, good + "," + box(2, 1, "35, 6, 10, 8")), LabelProblem::kOutside,
              "annotation 2: 35, 6, 10 x 8 px of 40 x 30");
  expect_only(coco(a, good + "," + box(2, 1, "5, 6, 0, 8")), LabelProblem::kZeroArea, "0 x 8");
  expect_only(coco(a, good + "," + box(2, 1, "5, NaN, 3, 8")), LabelProblem::kNotFinite, "nan");
  expect_only(coco(a, good + "," + box(2, 1, "5, Infinity, 3, 8")), LabelProblem::kNotFinite,
              "annotation 2");
  expect_only(coco(a, good + "," + box(2, 1, "1, 1, 3, 8", 9)), LabelProblem::kNoCategory,
              "category 9");
  expect_only(coco(a, good + "," + box(1, 1, "1, 1, 3, 8")), LabelProblem::kDuplicate,
              "annotation id 1");
  expect_only(coco(a, good + "," + box(2, 1, "5, 6, 10, 8")), LabelProblem::kDuplicate,
              "there already");
  expect_only(coco(a, good + "," + box(2, 7, "5, 6, 10, 8")), LabelProblem::kMissingPicture,
              "no image 7", "gt.json");
  expect_only(coco(a + "," + image(2, "c.png"), good), LabelProblem::kMissingPicture, "c.png",
              "c.png");
  expect_only(coco(a + "," + image(1, "c.png"), good), LabelProblem::kDuplicate, "image id 1",
              "c.png");
  expect_only(coco(a, ""), LabelProblem::kNoBoxes, "1 pictures", "gt.json");
  expect_only(coco(a, good + R"(, {"id": 2, "image_id": 1, "category_id": 4, "bbox": [1, 2]})"),
              LabelProblem::kMalformed, "4 numbers");
  picture("a.png", 41);
  const DetectionLabels labels = coco(a, good);
  EXPECT_EQ(labels.report.count(LabelProblem::kWrongSize), 1);
  EXPECT_EQ(labels.report.count(LabelProblem::kNoBoxes), 1);
}

TEST_F(DetectionLabelsTest, LeavingOutNeedsABoxThatIsLeft) {
  picture("a.png");
  const DetectionLabels some =
      coco(image(1, "a.png"), box(1, 1, "5, 6, 10, 8") + "," + box(2, 1, "5, 6, 0, 8"));
  require_usable(some, "gt", BadLabels::kLeaveOut);
  EXPECT_EQ(some.boxes(), 1U);
  const core::Json json = some.report.json();
  EXPECT_EQ(json.at("problems"), 1);
  EXPECT_EQ(json.at("counts").at("box of no area"), 1);
  EXPECT_EQ(json.at("files").at("a.png").size(), 1U);
  EXPECT_ERSATZ_ERROR(
      require_usable(coco(image(1, "a.png"), box(2, 1, "5, 6, 0, 8")), "gt", BadLabels::kLeaveOut),
      ExitCode::kUntrustedData, "not one usable box");
}

TEST_F(DetectionLabelsTest, CrowdsOnlyAreNothingToTrainOn) {
  picture("a.png");
  const auto crowd = [](int id, const std::string& corners) {
    std::string text = box(id, 1, corners);
    text.pop_back();
    return text + R"(, "iscrowd": 1})";
  };
  const std::string crowds = crowd(1, "5, 6, 10, 8") + "," + crowd(2, "1, 1, 3, 3");
  const DetectionLabels labels = coco(image(1, "a.png"), crowds);
  EXPECT_EQ(labels.boxes(), 2U);
  EXPECT_EQ(labels.objects(), 0U);
  expect_only(labels, LabelProblem::kNoBoxes, "1 pictures, 2 crowds", "gt.json");
  EXPECT_ERSATZ_ERROR(require_usable(labels, "gt", BadLabels::kLeaveOut), ExitCode::kUntrustedData,
                      "not one usable box");
  // Beside one object they are in order.
  const DetectionLabels mixed = coco(image(1, "a.png"), crowds + "," + box(3, 1, "20, 6, 10, 8"));
  EXPECT_TRUE(mixed.report.clean()) << mixed.report.summary();
  EXPECT_EQ(mixed.objects(), 1U);
}

TEST_F(DetectionLabelsTest, ValidationHasTheClassesOfTraining) {
  picture("a.png");
  EXPECT_ERSATZ_ERROR(coco(image(1, "a.png"), box(1, 1, "5, 6, 10, 8"), {"pear"}), ExitCode::kUsage,
                      "apple instead of pear");
}

TEST_F(DetectionLabelsTest, EveryMistakeOfYolo) {
  picture("a.png");
  const std::string good = "0 0.5 0.5 0.25 0.2\n";
  EXPECT_TRUE(yolo(good).report.clean());
  EXPECT_FLOAT_EQ(yolo(good).pictures[0].boxes[0].x0, 15.0F);
  EXPECT_EQ(yolo(good + "1 0.1 0.1 0.5 0.1 0.5 0.6\n").pictures[0].boxes.size(), 2U);
  expect_only(yolo(good + "0 0.95 0.5 0.25 0.2\n"), LabelProblem::kOutside, "line 2");
  expect_only(yolo(good + "0 0.5 0.5 0 0.2\n"), LabelProblem::kZeroArea, "line 2");
  expect_only(yolo(good + "0 nan 0.5 0.25 0.2\n"), LabelProblem::kNotFinite, "line 2");
  expect_only(yolo(good + "0 0.1 0.1 inf 0.1 0.5 0.6\n"), LabelProblem::kNotFinite, "line 2");
  expect_only(yolo(good + "2 0.5 0.5 0.2 0.2\n"), LabelProblem::kNoCategory, "class 2 of 2");
  expect_only(yolo(good + good), LabelProblem::kDuplicate, "line 2");
  expect_only(yolo(good + "0 0.5 x 0.2 0.2\n"), LabelProblem::kMalformed, "'x' is no number");
  expect_only(yolo(good + "0 0.5\n"), LabelProblem::kMalformed, "2 numbers");
  expect_only(yolo(""), LabelProblem::kNoBoxes, "1 pictures", folder_.path().filename().string());
  core::write_file_atomic(folder_ / "labels" / "gone.txt", good);
  expect_only(yolo(good), LabelProblem::kMissingPicture, "without a picture", "gone.txt");
  core::write_file_atomic(folder_ / "images" / "broken.png", "no picture");
  EXPECT_EQ(yolo(good).report.count(LabelProblem::kMissingPicture), 2);
}

TEST_F(DetectionLabelsTest, EveryMistakeOfVoc) {
  picture("a.png");
  const auto voc = [&](const std::string& objects, const std::string& name = "a.png") {
    core::write_file_atomic(folder_ / "classes.txt", "apple\n");
    core::write_file_atomic(folder_ / "Annotations" / "a.xml",
                            "<annotation><filename>" + name +
                                "</filename><size><width>40</width><height>30</height></size>" +
                                objects + "</annotation>");
    return read_detection_labels({folder_.path(), DetectionFormat::kVoc, {}, {}});
  };
  const auto object = [](const std::string& name, const std::string& x0, const std::string& x1) {
    return "<object><name>" + name + "</name><bndbox><xmin>" + x0 + "</xmin><ymin>2</ymin><xmax>" +
           x1 + "</xmax><ymax>9</ymax></bndbox></object>";
  };
  const std::string good = object("apple", "3", "12");
  EXPECT_TRUE(voc(good).report.clean());
  EXPECT_FLOAT_EQ(voc(good).pictures[0].boxes[0].x0, 2.0F);
  EXPECT_FLOAT_EQ(voc(good).pictures[0].boxes[0].x1, 12.0F);
  expect_only(voc(good + object("pear", "3", "9")), LabelProblem::kNoCategory, "'pear'");
  expect_only(voc(good + object("apple", "3", "90")), LabelProblem::kOutside, "object 2");
  expect_only(voc(good + object("apple", "3", "2")), LabelProblem::kZeroArea, "object 2");
  expect_only(voc(good + object("apple", "three", "9")), LabelProblem::kNotFinite, "object 2");
  expect_only(voc(good + good), LabelProblem::kDuplicate, "object 2");
  EXPECT_EQ(voc(good, "gone.png").report.count(LabelProblem::kMissingPicture), 1);
}

TEST_F(DetectionLabelsTest, NamesThatNoFileHas) {
  picture("a.png");
  const std::string good = image(1, "a.png"), a = box(1, 1, "5, 6, 10, 8");
  expect_only(coco(good + "," + image(2, "."), a), LabelProblem::kMalformed, "no name", ".");
  const std::string name(256, 'x');
  expect_only(coco(good + "," + image(2, name), a), LabelProblem::kMalformed, "256 bytes",
              core::printable(name));
}

TEST_F(DetectionLabelsTest, ManyBoxesTakeTimeByTheirNumber) {
  picture("a.png", 400, 300);
  const auto add = [&](std::size_t n) {
    DetectionScan scan;
    const std::size_t place = scan.add_picture(folder_ / "images", "a.png", 0, 0).value();
    for (std::size_t i = 0; i < n; ++i) {
      scan.add_box(place, "box", 0, {static_cast<double>(i) / 512, 2, 5, 6}, false);
    }
    EXPECT_EQ(scan.picture(place).boxes.size(), n);
  };
  EXPECT_LT(test::growth(8'000, add), test::kNearlyLinear);
}

TEST_F(DetectionLabelsTest, ManyClassesTakeTimeByTheirNumber) {
  picture("a.png", 400, 300);
  // Alike for long, so that comparing them is what takes time.
  const std::string alike(300, 'c');
  const auto read = [&](std::size_t n) {
    std::string text =
        "<annotation><filename>a.png</filename><size><width>400</width><height>300</height></size>";
    for (std::size_t i = 0; i < n; ++i) {
      text += "<object><name>" + alike + std::to_string(100'000 + i) +
              "</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
              "</object>";
    }
    core::write_file_atomic(folder_ / "Annotations" / "a.xml", text + "</annotation>");
    const auto labels = read_detection_labels({folder_.path(), DetectionFormat::kVoc, {}, {}});
    EXPECT_EQ(labels.classes.size(), n);
  };
  EXPECT_LT(test::growth(1'000, read), test::kNearlyLinear);
}

TEST(LabelReport, FilesComeInTheOrderOfReading) {
  LabelReport report;
  report.add(LabelProblem::kZeroArea, "b.png", "one");
  report.add(LabelProblem::kOutside, "a.png", "two");
  report.add(LabelProblem::kDuplicate, "b.png", "three");
  EXPECT_EQ(report.json().at("files").dump(),
            R"({"b.png":["box of no area: one","duplicate: three"],)"
            R"("a.png":["box outside the picture: two"]})");
  const std::string alike(60, 'p');
  const auto many = [&](std::size_t n) {
    LabelReport long_report;
    for (std::size_t i = 0; i < n; ++i) {
      long_report.add(LabelProblem::kOutside, alike + std::to_string(100'000 + i), "x");
    }
    EXPECT_EQ(long_report.json().at("files").size(), n);
  };
  EXPECT_LT(test::growth(8'000, many), test::kNearlyLinear);
}

TEST_F(DetectionLabelsTest, MoreClassesThanAreReadAreRefused) {
  core::make_directories(folder_ / "Annotations");
  std::string names;
  for (std::size_t i = 0; i < kMaxClasses; ++i) names += std::to_string(i) + "\n";
  const auto read = [&] {
    return read_detection_labels({folder_.path(), DetectionFormat::kVoc, {}, {}});
  };
  core::write_file_atomic(folder_ / "classes.txt", names);
  EXPECT_EQ(read().classes.size(), kMaxClasses);
  core::write_file_atomic(folder_ / "classes.txt", names + "more\n");
  EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, "100001 classes");
}

TEST_F(DetectionLabelsTest, WhatCannotBeReadAtAll) {
  EXPECT_ERSATZ_ERROR(
      read_detection_labels({folder_ / "none.json", DetectionFormat::kCoco, {}, {}}),
      ExitCode::kMissing, "none.json");
  core::write_file_atomic(folder_ / "gt.json", "{}");
  EXPECT_ERSATZ_ERROR(read_detection_labels({folder_ / "gt.json", DetectionFormat::kCoco, {}, {}}),
                      ExitCode::kUntrustedData, "categories");
  EXPECT_ERSATZ_ERROR(parse_detection_format("cocoa"), ExitCode::kUsage, "coco");
}

}  // namespace
}  // namespace ersatz::label
