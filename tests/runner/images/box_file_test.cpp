#include "runner/images/box_file.h"

#include <random>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::runner {
namespace {

using core::ExitCode;

class BoxFile : public ::testing::Test {
 protected:
  PhotoBoxes read(const std::string& name, const std::string& text) {
    core::write_file_atomic(folder_ / name, text);
    return read_boxes(folder_ / name);
  }
  void refuse(const std::string& name, const std::string& text, const std::string& message) {
    SCOPED_TRACE(text);
    EXPECT_ERSATZ_ERROR(read(name, text), ExitCode::kUsage, message);
  }
  test::TemporaryFolder folder_;
};

TEST_F(BoxFile, ReadsCsv) {
  const PhotoBoxes boxes = read("boxes.csv",
                                "file,x,y,width,height,class\r\n"
                                "a.jpg,1,2,30,40,kiwi\r\n"
                                "\n"
                                " \"kiwi/b.jpg\" , 0 ,0,5,6\n"
                                "a.jpg,9,8,7,6,orange\n");
  ASSERT_EQ(boxes.size(), 2u);
  const auto& a = boxes.at("a.jpg");
  ASSERT_EQ(a.size(), 2u);
  EXPECT_TRUE((a[0].box == data::PixelBox{1, 2, 30, 40}));
  EXPECT_EQ(a[0].class_name, "kiwi");
  EXPECT_TRUE((a[1].box == data::PixelBox{9, 8, 7, 6}));
  EXPECT_EQ(a[1].class_name, "orange");
  EXPECT_EQ(boxes.at("kiwi/b.jpg")[0].class_name, "");
}

TEST_F(BoxFile, MistakesInCsvAreNamedWithTheirLine) {
  refuse("b.csv", "a.jpg,1,2,30,40\na.jpg,1,2,30\n", "b.csv:2: not a box: 'a.jpg,1,2,30'");
  refuse("b.csv", "a.jpg,1,2,30,40\nfile,x,y,width,height\n", "b.csv:2");
  refuse("b.csv", "a.jpg,1.5,2,30,40\n", "b.csv:1");
  refuse("b.csv", "a.jpg,-1,2,30,40\n", "b.csv:1");
  refuse("b.csv", "a.jpg,1,2,0,40\n", "b.csv:1");
  refuse("b.csv", "a.jpg,1,2,99999999999,40\n", "b.csv:1");
  refuse("b.csv", ",1,2,3,40\n", "b.csv:1");
  refuse("b.csv", "a.jpg,1,2,3,40,kiwi,more\n", "b.csv:1");
  refuse("b.csv", "file,x,y,width,height\n", "holds no box");
  refuse("b.csv", "", "holds no box");
  EXPECT_ERSATZ_ERROR(read_boxes(folder_ / "none.csv"), ExitCode::kMissing, "none.csv");
}

const char* const kCoco = R"({"images": [{"id": 7, "file_name": "a.jpg"}],
 "categories": [{"id": 3, "name": "kiwi"}],
 "annotations": [{"image_id": 7, "category_id": 3, "bbox": [1.6, 2.0, 30.2, 40]},
                 {"image_id": 7, "bbox": [-0.4, 0, 10, 10]}]})";

TEST_F(BoxFile, ReadsCoco) {
  const PhotoBoxes boxes = read("boxes.json", kCoco);
  ASSERT_EQ(boxes.at("a.jpg").size(), 2u);
  // Outwards: from 1 to 31.8 is 1 to 32.
  EXPECT_TRUE((boxes.at("a.jpg")[0].box == data::PixelBox{1, 2, 31, 40}));
  EXPECT_EQ(boxes.at("a.jpg")[0].class_name, "kiwi");
  EXPECT_TRUE((boxes.at("a.jpg")[1].box == data::PixelBox{0, 0, 10, 10}));
  EXPECT_EQ(boxes.at("a.jpg")[1].class_name, "");
}

TEST_F(BoxFile, MistakesInCocoAreNamed) {
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string text = kCoco;
    return text.replace(text.find(from), from.size(), to);
  };
  refuse("b.json", changed("\"image_id\": 7, \"bbox\"", "\"image_id\": 8, \"bbox\""),
         "annotation 1 is of no image");
  refuse("b.json", changed("[1.6, 2.0, 30.2, 40]", "[1.6, 2.0, 30.2]"),
         "annotation 0 has no usable");
  refuse("b.json", changed("[1.6, 2.0, 30.2, 40]", "[1e300, 2.0, 30.2, 4]"), "annotation 0");
  refuse("b.json", changed("[1.6, 2.0, 30.2, 40]", "[1, 2, -30, 4]"), "annotation 0");
  refuse("b.json", changed("[1.6, 2.0, 30.2, 40]", "\"x\""), "annotation 0");
  refuse("b.json", changed("\"file_name\"", "\"name\""), "not COCO JSON");
  for (const char* id : {"\"id\": 7", "\"id\": 3", "\"image_id\": 7", "\"category_id\": 3"}) {
    const std::string key(id, std::string(id).find(':'));
    refuse("b.json", changed(id, key + ": 1e300"), "an id of 1e+300");
    refuse("b.json", changed(id, key + ": 9223372036854775808.0"), "an id of 9.22");
    EXPECT_EQ(read("b.json", changed(id, std::string(id) + ".0")).at("a.jpg").size(), 2U);
  }
  refuse("b.json", "[]", "not COCO JSON");
  refuse("b.json", R"({"images": [], "annotations": []})", "holds no box");
  EXPECT_ERSATZ_ERROR(read("b.json", "{"), ExitCode::kUntrustedData, "b.json");
}

// Whatever the bytes: boxes that make sense, or a clear error.
TEST_F(BoxFile, MutatedFilesNeverDoHarm) {
  std::mt19937 random(3);
  for (const char* name : {"m.csv", "m.json"}) {
    const std::string whole =
        name == std::string("m.json") ? kCoco : "a.jpg,1,2,30,40,kiwi\nb.jpg,5,6,7,8\n";
    for (int i = 0; i < 2000; ++i) {
      std::string text = whole;
      for (int k = 0; k < 1 + i % 4; ++k) {
        text[random() % text.size()] = static_cast<char>(random());
      }
      try {
        for (const auto& [photo, boxes] : read(name, text)) {
          for (const LabelledBox& one : boxes) {
            ASSERT_GE(one.box.x, 0);
            ASSERT_GE(one.box.y, 0);
            ASSERT_GE(one.box.width, 1);
            ASSERT_GE(one.box.height, 1);
            ASSERT_LT(one.box.width, 2'000'000);
          }
        }
      } catch (const core::Error& error) {
        ASSERT_TRUE(error.code() == ExitCode::kUsage || error.code() == ExitCode::kUntrustedData)
            << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace ersatz::runner
