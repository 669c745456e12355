// What is written in one format and read again is the same dataset, as far as the format goes.
#include "label/dataset/formats.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "core/file_system.h"
#include "core/philox.h"
#include "data/coco/polygon_mask.h"
#include "label/dataset/formats_fixture.h"
#include "label/dataset/mask_outlines.h"
#include "label/dataset/write_dataset.h"
#include "support/process_memory.h"
#include "support/test_support.h"

namespace ersatz::label {
namespace {

using core::ExitCode;

TEST_F(Formats, Coco) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    LabelledDataset dataset = random_dataset(seed);
    dataset.pictures[2].details = {{"prompt", "a car"}};
    if (!dataset.pictures[4].objects.empty()) {
      dataset.pictures[4].objects[0].origin = {{"method", "attention/fixed"}};
    }
    write_coco_dataset(dataset, folder_ / "coco.json");
    const LabelledDataset read = read_coco_dataset(folder_ / "coco.json", dataset.images);
    expect_same(dataset, read, true);
    EXPECT_EQ(read.pictures[2].details, dataset.pictures[2].details);
    for (std::size_t i = 0; i < read.pictures.size(); ++i) {
      for (std::size_t k = 0; k < read.pictures[i].objects.size(); ++k) {
        EXPECT_EQ(read.pictures[i].objects[k].score, dataset.pictures[i].objects[k].score);
        EXPECT_EQ(read.pictures[i].objects[k].origin, dataset.pictures[i].objects[k].origin);
      }
    }
  }
}

TEST_F(Formats, CocoMasksBecomeOutlines) {
  LabelledDataset dataset = random_dataset(3);
  write_coco_dataset(dataset, folder_ / "coco.json");
  core::Json document = core::read_json(folder_ / "coco.json");
  for (core::Json& annotation : document.at("annotations")) {
    const core::Json& image =
        document.at("images")[annotation.at("image_id").get<std::size_t>() - 1];
    const int height = image.at("height"), width = image.at("width");
    const data::Rle mask =
        data::polygon_mask(annotation.at("segmentation")[0].get<Outline>(), height, width);
    annotation["segmentation"] = {{"size", {height, width}}, {"counts", data::rle_text(mask)}};
  }
  core::write_json(folder_ / "rle.json", document);
  const LabelledDataset read = read_coco_dataset(folder_ / "rle.json", dataset.images);
  for (std::size_t i = 0; i < dataset.pictures.size(); ++i) {
    const LabelledPicture& picture = dataset.pictures[i];
    for (std::size_t k = 0; k < picture.objects.size(); ++k) {
      std::vector<data::Rle> parts;
      for (const Outline& outline : read.pictures[i].objects[k].outlines) {
        parts.push_back(data::polygon_mask(outline, picture.height, picture.width));
      }
      const data::Overlap pixels = data::overlap(
          data::union_of(parts),
          data::polygon_mask(picture.objects[k].outlines[0], picture.height, picture.width));
      EXPECT_GE(static_cast<double>(pixels.both), 0.97 * static_cast<double>(pixels.either));
    }
  }
}

// One object without an outline takes nothing from the others.
TEST_F(Formats, CocoObjectsWithoutAnOutlineHaveABox) {
  write_coco_dataset(random_dataset(3), folder_ / "all.json");
  const LabelledDataset all = read_coco_dataset(folder_ / "all.json", folder_.path());
  core::Json document = core::read_json(folder_ / "all.json");
  core::Json& annotations = document.at("annotations");
  ASSERT_GT(annotations.size(), 8U);
  annotations[0].erase("segmentation");
  annotations[1]["segmentation"] = core::Json::array();
  annotations[2]["segmentation"] = nullptr;
  core::write_json(folder_ / "some.json", document);
  const LabelledDataset some = read_coco_dataset(folder_ / "some.json", folder_.path());
  std::size_t number = 0;
  for (std::size_t i = 0; i < all.pictures.size(); ++i) {
    ASSERT_EQ(some.pictures[i].objects.size(), all.pictures[i].objects.size());
    for (std::size_t k = 0; k < all.pictures[i].objects.size(); ++k, ++number) {
      const AnnotatedObject &before = all.pictures[i].objects[k],
                            &after = some.pictures[i].objects[k];
      EXPECT_EQ(after.outlines, number < 3 ? std::vector<Outline>() : before.outlines) << number;
      EXPECT_EQ(after.box.width, before.box.width);
    }
  }
}

TEST_F(Formats, CocoOutlinesThatAreNoneAreRefused) {
  const auto refused = [&](const char* segmentation, const std::string& text) {
    core::write_file_atomic(
        folder_ / "coco.json",
        fmt::format(R"({{"images": [{{"id": 1, "file_name": "a.png", "width": 8, "height": 6}}],
                         "categories": [{{"id": 1, "name": "car"}}],
                         "annotations": [{{"id": 1, "image_id": 1, "category_id": 1, "area": 4,
                                           "bbox": [1, 1, 2, 2], "segmentation": {}}}]}})",
                    segmentation));
    EXPECT_ERSATZ_ERROR(read_coco_dataset(folder_ / "coco.json", folder_.path()),
                        ExitCode::kUntrustedData, text);
  };
  refused("7", "annotation 0");
  refused(R"("text")", "annotation 0");
  refused("[7]", "annotation 0: an outline that is no list");
  refused("[[1, 1, 2, 2]]", "an outline of 4 numbers");
  refused("[[1, 1, 2, 2, 3]]", "an outline of 5 numbers");
  refused("[[1, 1, 2, 2, 3, 1e9]]", "beyond 10^8");
  refused(R"({"counts": [48]})", "'size' is missing");
  refused(R"({"size": [8, 6], "counts": [48]})", "not of its picture's size, 6 x 8");
  refused(R"({"size": [6, 8]})", "'counts' is missing");
  refused(R"({"size": [6, 8], "counts": [40]})", "do not add up to 6 x 8");
  refused(R"({"size": [6, 8], "counts": [-1, 49]})", "no numbers of pixels");
  refused(R"({"size": [6, 8], "counts": [4294967296, 49]})", "no numbers of pixels");
  refused(R"({"size": [6, 8], "counts": "~"})", "coco.json");
}

TEST_F(Formats, Yolo) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const LabelledDataset dataset = random_dataset(seed);
    for (const bool outlines : {false, true}) {
      core::remove_tree(folder_ / "labels");
      write_yolo_dataset(dataset, folder_.path(), outlines);
      expect_same(dataset, read_yolo_dataset(folder_.path()), outlines);
    }
  }
}

TEST_F(Formats, Voc) {
  const LabelledDataset dataset = random_dataset(4);
  write_voc_dataset(dataset, folder_ / "voc");
  expect_same(dataset, read_voc_dataset(folder_ / "voc", dataset.images), false);
}

// By hand: the published writer swaps width and height here.
TEST_F(Formats, YoloByHand) {
  LabelledDataset dataset = random_dataset(1);
  dataset.pictures.resize(1);
  dataset.pictures[0].width = 200;
  dataset.pictures[0].height = 100;
  dataset.pictures[0].objects = {AnnotatedObject{2, {20, 10, 40, 50}, {}, 1, false, {}}};
  write_yolo_dataset(dataset, folder_ / "y", false);
  EXPECT_EQ(core::read_file(folder_ / "y/labels/a/p0.txt"), "2 0.2 0.35 0.2 0.5\n");
}

TEST_F(Formats, DamagedFilesAreRefused) {
  const LabelledDataset dataset = random_dataset(2);
  write_yolo_dataset(dataset, folder_.path(), false);
  const auto refused = [&](const std::string& file, const std::string& text,
                           const std::string& message) {
    const std::string good = core::read_file(folder_ / file);
    core::write_file_atomic(folder_ / file, text);
    EXPECT_ERSATZ_ERROR(read_yolo_dataset(folder_.path()), ExitCode::kUntrustedData, message);
    core::write_file_atomic(folder_ / file, good);
  };
  refused("labels/b/p1.txt", "0 0.5 0.5 0.2\n", "line 1 has 4 numbers");
  refused("labels/b/p1.txt", "\n0 0.5 x 0.2 0.1\n", "line 2: 'x' is no number");
  refused("labels/b/p1.txt", "3 0.5 0.5 0.2 0.1\n", "class 3 of 3");
  refused("labels/b/p1.txt", "0.5 0.5 0.5 0.2 0.1\n", "no number of a class");
  refused("labels/b/p1.txt", "nan 0.5 0.5 0.2 0.1\n", "'nan' is not finite");
  refused("data.yaml", std::string("train: \"\\0 images\"\nnames: [car]\n"), "NUL character");
  refused("data.yaml", "train: images/" + std::string(256, 'x') + "\nnames: [car]\n",
          "at most 255");
  std::string deep = "images";
  while (deep.size() <= 1024) deep += "/folder";
  refused("data.yaml", "train: " + deep + "\nnames: [car]\n", "all of it 1024");
  refused("labels/b/p1.txt", "\n0 nan nan nan nan nan nan\n", "line 2: 'nan' is not finite");
  refused("labels/b/p1.txt", "0 0.1 0.1 -inf 0.1 0.5 0.6\n", "'-inf' is not finite");
  refused("labels/b/p1.txt", "1e30 0.5 0.5 0.2 0.1\n", "no number of a class");
  refused("labels/b/p1.txt", "0 0.5 0.5 nan 0.1\n", "not finite");
  refused("labels/b/p1.txt", "0 0.1 0.1 0.2 0.2 0.3\n", "line 1 has 6 numbers");
  refused("data.yaml", "names: 5\n", "neither a list nor a map");
  refused("data.yaml", "names: {0: a, 7: b}\n", "class 7 of 2");
  refused("data.yaml", "names: [a\n", "data.yaml");
  refused("data.yaml", "names: [a, \x9a, c]\n", "not UTF-8: \\x9a");
  refused("data.yaml", "train: ../../etc\nnames: [a]\n", "not below");
  write_voc_dataset(dataset, folder_ / "voc");
  core::write_file_atomic(folder_ / "voc/Annotations/b/p1.xml", "<annotation><size>");
  EXPECT_ERSATZ_ERROR(read_voc_dataset(folder_ / "voc", dataset.images), ExitCode::kUntrustedData,
                      "p1.xml");
  for (const char* width : {"nan", "1e300", "0.5", "-3"}) {
    core::write_file_atomic(folder_ / "voc/Annotations/b/p1.xml",
                            fmt::format("<annotation><filename>x.png</filename><size><width>{}"
                                        "</width><height>3</height></size></annotation>",
                                        width));
    EXPECT_ERSATZ_ERROR(read_voc_dataset(folder_ / "voc", dataset.images), ExitCode::kUntrustedData,
                        "<width> is ");
  }
  core::write_file_atomic(folder_ / "voc/Annotations/b/p1.xml",
                          "<annotation><filename>../x.png</filename><size><width>3</width>"
                          "<height>3</height></size></annotation>");
  EXPECT_ERSATZ_ERROR(read_voc_dataset(folder_ / "voc", dataset.images), ExitCode::kUntrustedData,
                      "not below the folder");
}

// What is claimed is what masks are made of later.
TEST_F(Formats, SizesThatNoPictureHasAreRefused) {
  const std::vector<std::pair<const char*, std::function<LabelledDataset()>>> readers = {
      {"coco", [&] { return read_coco_dataset(folder_ / "coco", folder_.path()); }},
      {"voc", [&] { return read_voc_dataset(folder_ / "voc", folder_.path()); }},
      {"imagefolder", [&] { return read_imagefolder_dataset(folder_ / "imagefolder"); }},
      {"croissant", [&] { return read_croissant_dataset(folder_ / "croissant"); }},
      {"label-studio",
       [&] { return read_label_studio_dataset(folder_ / "label-studio", folder_.path()); }}};
  LabelledDataset dataset;
  dataset.classes = {"car"};
  const auto write = [&](const char* format, int width, int height) {
    dataset.pictures = {LabelledPicture{"a.png", width, height, {}, {}}};
    write_dataset(dataset, format, folder_ / format);
  };
  for (const auto& [format, read] : readers) {
    // Satellites take larger pictures than are read.
    write(format, 46'340, 46'340);
    EXPECT_EQ(read().pictures.at(0).height, 46'340) << format;
    for (const auto& [width, height] :
         {std::pair(46'341, 46'341), {(1 << 20) + 1, 1}, {1, (1 << 20) + 1}}) {
      write(format, width, height);
      EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, format);
    }
  }
}

TEST_F(Formats, MoreClassesThanAreReadAreRefused) {
  std::string names;
  for (std::size_t i = 0; i < kMaxClasses; ++i) names += fmt::format("c{}\n", i);
  core::make_directories(folder_ / "voc/Annotations");
  core::write_file_atomic(folder_ / "voc/classes.txt", names);
  EXPECT_EQ(read_voc_dataset(folder_ / "voc", folder_.path()).classes.size(), kMaxClasses);
  core::write_file_atomic(folder_ / "voc/classes.txt", names + "more\n");
  EXPECT_ERSATZ_ERROR(read_voc_dataset(folder_ / "voc", folder_.path()), ExitCode::kUntrustedData,
                      "100001 classes; at most 100000 are read");
}

// Some formats write them one on a line, and take an empty one for none.
TEST_F(Formats, NamesOfClassesThatFormatsCannotWriteAreRefused) {
  const auto refused = [&](const std::string& name, const std::string& text) {
    const core::Json document = {
        {"images", core::Json::array()},
        {"categories", {{{"id", 1}, {"name", "car"}}, {{"id", 2}, {"name", name}}}},
        {"annotations", core::Json::array()}};
    core::write_json(folder_ / "coco.json", document);
    EXPECT_ERSATZ_ERROR(read_coco_dataset(folder_ / "coco.json", folder_.path()),
                        ExitCode::kUntrustedData, text);
  };
  refused("", "coco.json: class 1 has no name");
  refused("a\nb", "control character: a\\x0ab");
  refused("tab\tbed", "control character");
  refused("\x7f", "control character");
  refused(std::string("nul\0", 4), "control character");
  core::make_directories(folder_ / "voc/Annotations");
  core::write_file_atomic(folder_ / "voc/classes.txt", "car\r\n\r\nbus\r\n");
  EXPECT_EQ(read_voc_dataset(folder_ / "voc", folder_.path()).classes,
            (std::vector<std::string>{"car", "bus"}));
}

// Two categories of one name are two classes, or none of them is written.
TEST_F(Formats, ClassesOfOneNameStayApart) {
  LabelledDataset dataset = random_dataset(3);
  dataset.classes = {"car", "bus", "car"};
  EXPECT_EQ(repeated_classes(dataset.classes), std::vector<std::string>{"car"});
  EXPECT_TRUE(repeated_classes({"car", "bus"}).empty());
  for (const char* format : {"voc", "label-studio"}) {
    EXPECT_ERSATZ_ERROR(write_dataset(dataset, format, folder_ / format), ExitCode::kUsage,
                        "several classes are called 'car'");
    EXPECT_FALSE(std::filesystem::exists(folder_ / format));
  }
  write_dataset(dataset, "coco", folder_ / "coco.json");
  expect_same(dataset, read_coco_dataset(folder_ / "coco.json", dataset.images), true);
  write_dataset(dataset, "yolo", folder_.path());
  expect_same(dataset, read_yolo_dataset(folder_.path()), false);
}

TEST_F(Formats, YoloWithoutAnyLabelsIsRefused) {
  const LabelledDataset dataset = random_dataset(3);
  write_yolo_dataset(dataset, folder_.path(), false);
  core::remove_tree(folder_ / "labels/b");  // those have no objects
  EXPECT_EQ(read_yolo_dataset(folder_.path()).pictures.size(), dataset.pictures.size());
  core::remove_tree(folder_ / "labels");
  EXPECT_ERSATZ_ERROR(read_yolo_dataset(folder_.path()), ExitCode::kMissing, "there is no folder");
}

TEST(PicturePath, WhatNoFileCanBeCalled) {
  const std::string longest(kMaxNameBytes, 'a');
  for (const std::string& file :
       {std::string("a.png"), std::string("./a/b.png"), std::string("..a/.b"),
        longest + "/" + longest, std::string("K\xc3\xa4se.png")}) {
    EXPECT_EQ(picture_path_fault(file), "") << file;
  }
  for (const std::string& file : {std::string(), std::string("."), std::string("a/"),
                                  std::string("a/."), std::string("./")}) {
    EXPECT_EQ(picture_path_fault(file), "its file has no name") << file;
  }
  for (const char* file : {"/a.png", "..", "../a.png", "a/../b.png", "a/.."}) {
    EXPECT_EQ(picture_path_fault(file), "its file is not below the folder of pictures") << file;
  }
  EXPECT_EQ(picture_path_fault(std::string("a\0b.png", 7)), "its name holds a NUL character");
  EXPECT_EQ(picture_path_fault("a\x9a.png"), "its name is not UTF-8");
  EXPECT_NE(picture_path_fault(longest + "a").find("256 bytes"), std::string::npos);
  EXPECT_NE(picture_path_fault(longest + "a/b.png").find("too long"), std::string::npos);
  std::string path;
  while (path.size() + 2 < kMaxPathBytes) path += "a/";
  path.resize(kMaxPathBytes, 'b');
  EXPECT_EQ(picture_path_fault(path), "");
  EXPECT_NE(picture_path_fault(path + "c").find("too long"), std::string::npos);
}

TEST_F(Formats, TwoPicturesWithOneLabelFileAreRefused) {
  LabelledDataset dataset;
  dataset.classes = {"car"};
  dataset.pictures = {LabelledPicture{"b/a.jpg", 4, 4, {}, {}},
                      LabelledPicture{"b/a.png", 4, 4, {}, {}}};
  for (const char* format : {"voc", "yolo", "yolo-segment", "diffugen"}) {
    EXPECT_ERSATZ_ERROR(write_dataset(dataset, format, folder_ / format), ExitCode::kUsage,
                        "'b/a.jpg' and 'b/a.png' would share the label file");
  }
}

// The same as in a picture that the mask fills, and no more memory.
TEST(MaskOutlines, OfASmallObjectInALargePicture) {
  constexpr int kSide = 40, kLarge = 8000, kLeft = 7000, kTop = 5001;
  core::Stream random(3, "mask outlines", 0);
  std::vector<std::uint8_t> pixels(kSide * kSide);
  for (std::uint8_t& pixel : pixels) pixel = random.below(5) < 3 ? 1 : 0;
  const data::Rle part = data::encode_rle(pixels.data(), kSide, kSide);
  const data::Rle whole = data::embed_rle(part, {kLeft, kTop, kSide, kSide}, kLarge, kLarge);
  std::vector<Outline> wanted = mask_outlines(part, "a");
  EXPECT_GT(wanted.size(), 5U);
  for (Outline& outline : wanted) {
    for (std::size_t i = 0; i < outline.size(); ++i) outline[i] += i % 2 == 0 ? kLeft : kTop;
  }
  test::reset_peak_resident();
  const std::int64_t before = test::resident_bytes();
  EXPECT_EQ(mask_outlines(whole, "a"), wanted);
  EXPECT_LT(test::peak_resident_bytes() - before, std::int64_t{32} << 20);
  EXPECT_TRUE(mask_outlines({4, 5, {20}}, "a").empty());
}

// A few bytes that would ask for eight gigabytes.
TEST(MaskOutlines, OfMoreThanAPictureMayHaveAreRefused) {
  constexpr std::uint32_t kSide = 46'340;
  EXPECT_ERSATZ_ERROR(mask_outlines({kSide, kSide, {0, kSide * kSide}}, "labels.json"),
                      ExitCode::kUntrustedData,
                      "labels.json: a mask over 46340 x 46340 px; outlines are made of at most 64");
}

}  // namespace
}  // namespace ersatz::label
