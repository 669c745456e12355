#include "data/coco/rle.h"

#include <gmock/gmock.h>

#include <random>

#include "core/json.h"
#include "data/coco/coco_file.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;
using ::testing::ElementsAre;
using Mask = std::vector<std::uint8_t>;

Mask random_mask(int height, int width, unsigned seed) {
  std::mt19937 random(seed);
  Mask mask(static_cast<std::size_t>(height * width));
  // Blocks and single pixels: long and short runs.
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = random() % 8 == 0 ? 1 : (i > 0 ? mask[i - 1] : static_cast<std::uint8_t>(seed % 2));
    if (random() % 16 == 0) mask[i] = 0;
  }
  return mask;
}

// Straight from the definition: go down the columns and count.
std::vector<std::uint32_t> counted(const Mask& mask, int height, int width) {
  std::vector<std::uint32_t> counts = {0};
  bool inside = false;
  for (int x = 0; x < width; ++x) {
    for (int y = 0; y < height; ++y) {
      if ((mask[static_cast<std::size_t>(y * width + x)] != 0) != inside) {
        inside = !inside;
        counts.push_back(0);
      }
      ++counts.back();
    }
  }
  return counts;
}

TEST(Rle, CountsDownTheColumns) {
  // . 1
  // 1 1
  const Mask mask = {0, 1, 1, 1};
  const Rle rle = encode_rle(mask.data(), 2, 2);
  EXPECT_THAT(rle.counts, ElementsAre(1, 3));
  EXPECT_EQ(rle_text(rle), "13");
  EXPECT_EQ(rle_area(rle), 3);
  const Mask first = {7, 0};  // anything but 0 is inside
  EXPECT_THAT(encode_rle(first.data(), 2, 1).counts, ElementsAre(0, 1, 1));
}

TEST(Rle, EqualsTheDefinitionAndComesBack) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const int height = 1 + static_cast<int>(seed % 17), width = 1 + static_cast<int>(seed % 23);
    const Mask mask = random_mask(height, width, seed);
    const Rle rle = encode_rle(mask.data(), height, width);
    ASSERT_EQ(rle.counts, counted(mask, height, width)) << seed;
    ASSERT_EQ(decode_rle(rle), mask) << seed;
    const Rle back = parse_rle_text(rle_text(rle), height, width, "a.json");
    ASSERT_EQ(back.counts, rle.counts) << seed;

    int left = width, right = -1, top = height, bottom = -1;
    std::int64_t area = 0;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        if (mask[static_cast<std::size_t>(y * width + x)] == 0) continue;
        ++area;
        left = std::min(left, x);
        right = std::max(right, x);
        top = std::min(top, y);
        bottom = std::max(bottom, y);
      }
    }
    const PixelBox box =
        area == 0 ? PixelBox{} : PixelBox{left, top, right - left + 1, bottom - top + 1};
    ASSERT_EQ(rle_area(rle), area) << seed;
    ASSERT_TRUE(rle_box(rle) == box) << seed;
  }
}

TEST(Rle, AMaskCanBePutAnywhere) {
  const int height = 9, width = 11;
  int embedded = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    const PixelBox box{static_cast<int>(random() % 18) - 6, static_cast<int>(random() % 16) - 5,
                       1 + static_cast<int>(random() % 14), 1 + static_cast<int>(random() % 12)};
    const Mask mask = random_mask(box.height, box.width, seed);
    Mask whole(static_cast<std::size_t>(height * width), 0);
    for (int y = 0; y < box.height; ++y) {
      for (int x = 0; x < box.width; ++x) {
        const int to_x = box.x + x, to_y = box.y + y;
        if (to_x < 0 || to_x >= width || to_y < 0 || to_y >= height) continue;
        whole[static_cast<std::size_t>(to_y * width + to_x)] =
            mask[static_cast<std::size_t>(y * box.width + x)];
      }
    }
    ASSERT_EQ(encode_rle(mask.data(), box, height, width).counts, counted(whole, height, width))
        << seed;
    const Rle part = encode_rle(mask.data(), box.height, box.width);
    const bool fits =
        box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
    if (fits) {
      ASSERT_EQ(embed_rle(part, box, height, width).counts, counted(whole, height, width)) << seed;
      ++embedded;
    } else {
      EXPECT_ERSATZ_ERROR(embed_rle(part, box, height, width), ExitCode::kInternal, "in a picture");
    }
  }
  EXPECT_GT(embedded, 50);
}

TEST(Rle, TextIsThatOfCoco) {
  // 100 = 3 * 32 + 4: "T" (4, continued) and "3"; 203 = 6 * 32 + 11: "[" and "6". The fourth run is
  // written as its difference to the second: 83 = 2 * 32 + 19, "c" and "2".
  const Rle rle{20, 20, {100, 7, 203, 90}};
  EXPECT_EQ(rle_text(rle), "T37[6c2");
  EXPECT_THAT(parse_rle_text(rle_text(rle), 20, 20, "a").counts, ElementsAre(100, 7, 203, 90));
}

TEST(Rle, TextsOfTheReferenceImplementationComeBackUnchanged) {
  ERSATZ_REQUIRE_SHARED(file, "data/coco_eval/instances_val2014_fakesegm100_results.json");
  const core::Json detections = core::read_json(file);
  std::size_t count = 0;
  for (const core::Json& one : detections) {
    const core::Json& mask = one.at("segmentation");
    const auto text = mask.at("counts").get<std::string>();
    const int height = mask.at("size").at(0), width = mask.at("size").at(1);
    const Rle rle = parse_rle_text(text, height, width, file);
    ASSERT_EQ(rle_text(rle), text);
    ASSERT_EQ(encode_rle(decode_rle(rle).data(), height, width).counts, rle.counts);
    ++count;
  }
  EXPECT_EQ(count, 734u);
}

TEST(Rle, HostileTextIsRefused) {
  const auto refused = [](const std::string& text, const char* why) {
    SCOPED_TRACE(text);
    EXPECT_ERSATZ_ERROR(parse_rle_text(text, 4, 5, "evil.json"), ExitCode::kUntrustedData,
                        "evil.json");
    EXPECT_ERSATZ_ERROR(parse_rle_text(text, 4, 5, "evil.json"), ExitCode::kUntrustedData, why);
  };
  refused("", "do not add up");
  refused("1", "do not add up");
  refused("ooo", "cut off");
  refused("T", "cut off");
  refused("oooooooooo1", "out of range");
  refused("@", "out of range");  // -16
  refused("1/", "character 1 is no digit");
  refused("1\xff", "no digit");
  refused(std::string("1\0", 2), "no digit");
  refused("1p", "no digit");
  EXPECT_ERSATZ_ERROR(parse_rle_text("1", 0, 5, "a"), ExitCode::kUntrustedData, "size");
  EXPECT_ERSATZ_ERROR(parse_rle_text("1", 70'000, 70'000, "a"), ExitCode::kUntrustedData, "size");
  // Whatever the bytes, either a mask of this size comes back or the text is refused.
  std::mt19937 random(1);
  int accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text(random() % 7, '\0');
    for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() : '0' + random() % 12);
    try {
      const Rle rle = parse_rle_text(text, 4, 5, "a");
      ASSERT_EQ(decode_rle(rle).size(), 20u);
      ++accepted;
    } catch (const core::Error& error) {
      ASSERT_EQ(error.code(), ExitCode::kUntrustedData);
    }
  }
  EXPECT_GT(accepted, 0);
}

TEST(CocoFile, HasTheDocumentedKeys) {
  const test::TemporaryFolder folder;
  const Mask mask = {0, 1, 1, 1, 0, 0};
  const Rle rle = encode_rle(mask.data(), 2, 3);
  CocoInstances instances;
  instances.info = {{"description", "a test"}};
  instances.categories = {{1, "kiwi"}};
  instances.images = {{7, "kiwi/1.png", 3, 2, core::Json{{"sha256", "abc"}}}};
  instances.annotations = {{9, 7, 1, rle_box(rle), rle_area(rle), rle_text(rle), core::Json()}};
  write_coco(folder / "a/instances.json", instances);
  const core::Json json = core::read_json(folder / "a/instances.json");
  EXPECT_EQ(json.at("info").at("description"), "a test");
  EXPECT_EQ(json.at("categories").dump(), R"([{"id":1,"name":"kiwi"}])");
  EXPECT_EQ(json.at("images").dump(),
            R"([{"id":7,"file_name":"kiwi/1.png","width":3,"height":2,"sha256":"abc"}])");
  EXPECT_EQ(json.at("annotations").dump(),
            R"([{"id":9,"image_id":7,"category_id":1,"bbox":[0,0,3,2],"area":3,"iscrowd":0,)"
            R"("segmentation":{"size":[2,3],"counts":"121O0"}}])");
  instances.annotations[0].image_id = 8;
  EXPECT_ERSATZ_ERROR(write_coco(folder / "b.json", instances), ExitCode::kInternal, "image 8");
  EXPECT_FALSE(std::filesystem::exists(folder / "b.json"));
}

}  // namespace
}  // namespace ersatz::data
