#include "data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <string>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

std::string word(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xFF);
  return bytes;
}

class IdxTest : public ::testing::Test {
 protected:
  fs::path images() const { return folder_ / "images"; }
  fs::path labels() const { return folder_ / "labels"; }

  // Five images of 3x2 pixels.
  static std::string image_bytes() {
    std::string bytes = word(2051) + word(5) + word(3) + word(2);
    for (int i = 0; i < 30; ++i) bytes += static_cast<char>(8 * i);
    return bytes;
  }
  static std::string label_bytes() { return word(2049) + word(5) + std::string("\0\1\2\7\11", 5); }

  static void put(const fs::path& path, const std::string& bytes) {
    core::write_file_atomic(path, bytes);
  }
  static void put_compressed(const fs::path& path, const std::string& bytes) {
    gzFile file = gzopen(path.c_str(), "wb6");
    EXPECT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())),
              static_cast<int>(bytes.size()));
    gzclose(file);
  }
  void put_valid() {
    put(images(), image_bytes());
    put(labels(), label_bytes());
  }
  LabelledImages read() const { return read_idx(images(), labels()); }

  void expect_images_refused(const std::string& bytes, const std::string& message) {
    put_valid();
    put(images(), bytes);
    EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, message);
    EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, images().string());
    put_compressed(images(), bytes);
    EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, message);
  }
  void expect_labels_refused(const std::string& bytes, const std::string& message) {
    put_valid();
    put(labels(), bytes);
    EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, message);
  }

  test::TemporaryFolder folder_;
};

TEST_F(IdxTest, ReadsPlainAndCompressedAlike) {
  put_valid();
  const LabelledImages plain = read();
  EXPECT_EQ(plain.height, 3);
  EXPECT_EQ(plain.width, 2);
  ASSERT_EQ(plain.size(), 5u);
  EXPECT_EQ(plain.image(1)[0], 48);
  EXPECT_EQ(plain.labels, (std::vector<std::uint8_t>{0, 1, 2, 7, 9}));

  put_compressed(images(), image_bytes());
  put_compressed(labels(), label_bytes());
  const LabelledImages compressed = read();
  EXPECT_EQ(compressed.pixels, plain.pixels);
  EXPECT_EQ(compressed.labels, plain.labels);
}

TEST_F(IdxTest, WritesWhatItReads) {
  put_valid();
  const LabelledImages original = read();
  write_idx(original, folder_ / "out" / "i", folder_ / "out" / "l");
  EXPECT_EQ(core::read_file(folder_ / "out" / "i"), image_bytes());
  EXPECT_EQ(core::read_file(folder_ / "out" / "l"), label_bytes());
  LabelledImages none;
  none.height = none.width = 4;
  write_idx(none, images(), labels());
  EXPECT_EQ(read().size(), 0u);
  LabelledImages wrong = original;
  wrong.labels.pop_back();
  EXPECT_ERSATZ_ERROR(write_idx(wrong, images(), labels()), ExitCode::kInternal, "30 pixels for 4");
}

TEST_F(IdxTest, RefusesBadHeaders) {
  const std::string data(30, 'x');
  expect_images_refused(word(2049) + word(5) + word(3) + word(2) + data,
                        "magic number 2049 where 2051 is expected (at byte 0)");
  expect_images_refused(word(2051) + word(5) + word(0) + word(2) + data,
                        "dimension 1 is 0, allowed are 1 to 4096 (at byte 8)");
  expect_images_refused(word(2051) + word(5) + word(3) + word(4097) + data,
                        "dimension 2 is 4097, allowed are 1 to 4096 (at byte 12)");
  expect_images_refused(word(2051) + word(0xFFFFFFFF) + word(4096) + word(4096) + data,
                        "announces 72057594021150720 bytes");
  expect_images_refused(word(2051) + word(5), "ends inside the header of 16 bytes (at byte 8)");
  expect_images_refused("", "ends inside the header of 16 bytes (at byte 0)");
  expect_labels_refused(word(2051) + word(5) + "\1\1\1\1\1", "magic number 2051 where 2049");
}

TEST_F(IdxTest, RefusesShortAndExtraData) {
  const std::string bytes = image_bytes();
  expect_images_refused(bytes.substr(0, 40), "announces 30 bytes, 24 are there (at byte 40)");
  expect_images_refused(bytes + "x",
                        "more data than the 30 bytes the header announces (at byte 46");
  expect_images_refused(word(2051) + word(100'000'000) + word(4) + word(5) + "xx",
                        "announces 2000000000 bytes, 2 are there");
  expect_labels_refused(label_bytes() + "x", "more data than the 5 bytes");
  expect_labels_refused(label_bytes().substr(0, 10), "(at byte 10)");
}

TEST_F(IdxTest, RefusesCountsThatDiffer) {
  put_valid();
  put(labels(), word(2049) + word(4) + "\1\1\1\1");
  EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, "5 images, but 4 labels");
}

TEST_F(IdxTest, RefusesLabelsAboveTheLimit) {
  expect_labels_refused(word(2049) + word(5) + "\1\1\1\12\1", "label 10 is > 9 (at byte 11)");
  EXPECT_EQ(read_idx(images(), labels(), 10).size(), 5u);
  EXPECT_ERSATZ_ERROR(read_idx(images(), labels(), 0), ExitCode::kUntrustedData,
                      "label 1 is > 0 (at byte 8)");
}

TEST_F(IdxTest, RefusesDamagedCompression) {
  put_valid();
  put_compressed(images(), image_bytes());
  const std::string compressed = core::read_file(images());
  put(images(), compressed.substr(0, compressed.size() - 1));
  EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, "truncated gzip stream");
  put(images(), compressed + "garbage");
  EXPECT_ERSATZ_ERROR(
      read(), ExitCode::kUntrustedData,
      "trailing bytes after the gzip stream (at byte " + std::to_string(compressed.size()));
}

TEST_F(IdxTest, AbsentFileIsMissing) {
  put(images(), image_bytes());
  EXPECT_ERSATZ_ERROR(read(), ExitCode::kMissing, labels().string());
}

TEST_F(IdxTest, DamagedFilesNeverDoMoreThanThrow) {
  put_compressed(images(), image_bytes());
  const std::array<std::string, 2> variants = {image_bytes(), core::read_file(images())};
  put_valid();
  std::mt19937 random(3);
  for (int round = 0; round < 4000; ++round) {
    // Alternately damage images (plain, compressed) and labels.
    const bool damage_images = round % 3 != 0;
    std::string bytes =
        damage_images ? variants[static_cast<std::size_t>(round) % 2] : label_bytes();
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random() & 0xFF);
    }
    if (random() % 5 == 0) bytes.resize(random() % bytes.size());
    const fs::path file = folder_ / "damaged";
    core::remove_tree(file);
    std::FILE* out = std::fopen(file.c_str(), "wb");
    std::fwrite(bytes.data(), 1, bytes.size(), out);
    std::fclose(out);
    try {
      const LabelledImages got =
          damage_images ? read_idx(file, labels()) : read_idx(images(), file);
      EXPECT_EQ(got.pixels.size(), got.size() * got.image_bytes());
      EXPECT_TRUE(std::all_of(got.labels.begin(), got.labels.end(),
                              [](std::uint8_t label) { return label <= 9; }));
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUntrustedData) << error.what();
    }
  }
}

TEST_F(IdxTest, RealMnist) {
  ERSATZ_REQUIRE_SHARED(mnist, "data/mnist");
  const auto begin = std::chrono::steady_clock::now();
  const LabelledImages train =
      read_idx(mnist / "train-images-idx3-ubyte.gz", mnist / "train-labels-idx1-ubyte.gz");
  const LabelledImages test =
      read_idx(mnist / "t10k-images-idx3-ubyte.gz", mnist / "t10k-labels-idx1-ubyte.gz");
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("seconds", std::to_string(seconds));
  std::printf("read all of MNIST in %.3f s\n", seconds);

  EXPECT_EQ(train.size(), 60000u);
  EXPECT_EQ(test.size(), 10000u);
  EXPECT_EQ(train.height, 28);
  EXPECT_EQ(train.width, 28);
  std::array<int, 10> histogram{};
  for (const std::uint8_t label : train.labels) ++histogram[label];
  EXPECT_EQ(histogram,
            (std::array<int, 10>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
  std::uint64_t sum = 0;
  for (const std::uint8_t pixel : train.pixels) sum += pixel;
  // The mean 0.1307 that every MNIST program normalises with.
  EXPECT_NEAR(static_cast<double>(sum) / 255 / static_cast<double>(train.pixels.size()), 0.1307,
              0.00005);
}

TEST(LabelledImages, AreMirroredLeftToRight) {
  const LabelledImages grey{1, 3, {1, 2, 3, 4, 5, 6}, {0, 1}};
  EXPECT_EQ(mirrored(grey).pixels, (std::vector<std::uint8_t>{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(mirrored(grey).labels, grey.labels);
  LabelledImages colour{2, 2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {0}};
  colour.channels = 3;
  EXPECT_EQ(mirrored(colour).pixels,
            (std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9}));
}

}  // namespace
}  // namespace ersatz::data
