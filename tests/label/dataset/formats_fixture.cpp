#include "label/dataset/formats_fixture.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/file_system.h"
#include "core/philox.h"
#include "data/coco/polygon_mask.h"
#include "data/images/png_codec.h"

namespace ersatz::label {

LabelledDataset Formats::random_dataset(std::uint64_t seed) {
  core::Stream random(seed, "formats", 0);
  const auto number = [&](double low, double high) {
    return low + (high - low) * random.uniform_double();
  };
  LabelledDataset dataset;
  dataset.images = folder_ / "images";
  dataset.classes = {"car", "bus \"red\"", "lorry: big & <wide>"};
  for (int i = 0; i < 6; ++i) {
    LabelledPicture picture{
        fmt::format("{}/p{}.png", i % 2 == 0 ? "a" : "b", i), 40 + 17 * i, 30 + 11 * i, {}, {}};
    data::RgbImage image{picture.width, picture.height, {}};
    image.pixels.resize(static_cast<std::size_t>(3 * picture.width * picture.height));
    core::write_file_atomic(dataset.images / picture.file, data::encode_png(image));
    for (int k = 0; k < i; ++k) {
      AnnotatedObject object;
      object.class_index = static_cast<std::int64_t>(random.below(3));
      const double radius = number(4, 0.4 * picture.height);
      const double cx = number(radius, picture.width - radius);
      const double cy = number(radius, picture.height - radius);
      Outline outline;
      for (int corner = 0; corner < 9; ++corner) {
        const double angle = 2 * M_PI * corner / 9, r = number(0.6, 1) * radius;
        outline.push_back(cx + r * std::cos(angle));
        outline.push_back(cy + r * std::sin(angle));
      }
      object.outlines = {outline};
      object.box = box_around(object.outlines);
      object.score = number(0, 1);
      picture.objects.push_back(std::move(object));
    }
    dataset.pictures.push_back(std::move(picture));
  }
  check_dataset(dataset, "made");
  return dataset;
}

void Formats::expect_same(const LabelledDataset& wanted, const LabelledDataset& read,
                          bool outlines) {
  EXPECT_EQ(read.classes, wanted.classes);
  ASSERT_EQ(read.pictures.size(), wanted.pictures.size());
  for (std::size_t i = 0; i < wanted.pictures.size(); ++i) {
    const LabelledPicture &a = wanted.pictures[i], &b = read.pictures[i];
    EXPECT_EQ(b.file, a.file);
    EXPECT_EQ(b.width, a.width);
    EXPECT_EQ(b.height, a.height);
    ASSERT_EQ(b.objects.size(), a.objects.size());
    for (std::size_t k = 0; k < a.objects.size(); ++k) {
      const AnnotatedObject &x = a.objects[k], &y = b.objects[k];
      EXPECT_EQ(y.class_index, x.class_index);
      EXPECT_NEAR(y.box.x, x.box.x, 0.5);
      EXPECT_NEAR(y.box.y, x.box.y, 0.5);
      EXPECT_NEAR(y.box.width, x.box.width, 0.5);
      EXPECT_NEAR(y.box.height, x.box.height, 0.5);
      if (!outlines) continue;
      ASSERT_EQ(y.outlines.size(), 1U);
      const data::Overlap pixels =
          data::overlap(data::polygon_mask(x.outlines[0], a.height, a.width),
                        data::polygon_mask(y.outlines[0], a.height, a.width));
      EXPECT_GE(static_cast<double>(pixels.both), 0.99 * static_cast<double>(pixels.either));
    }
  }
}

void Formats::expect_same_records(const LabelledDataset& wanted, const LabelledDataset& read) {
  ASSERT_EQ(read.pictures.size(), wanted.pictures.size());
  for (std::size_t i = 0; i < wanted.pictures.size(); ++i) {
    EXPECT_EQ(read.pictures[i].details, wanted.pictures[i].details);
    ASSERT_EQ(read.pictures[i].objects.size(), wanted.pictures[i].objects.size());
    for (std::size_t k = 0; k < wanted.pictures[i].objects.size(); ++k) {
      const AnnotatedObject &a = wanted.pictures[i].objects[k], &b = read.pictures[i].objects[k];
      EXPECT_EQ(b.score, a.score);
      EXPECT_EQ(b.origin, a.origin);
      EXPECT_EQ(b.crowd, a.crowd);
    }
  }
}

}  // namespace ersatz::label
