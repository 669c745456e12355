// A PyTorch archive above 4 GiB, written by libtorch's own writer into a file with holes.
#include <caffe2/serialize/inline_container.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <torch/types.h>
#include <unistd.h>

#include <algorithm>

#include "models/weights/pickle_builder.h"
#include "models/weights/weights.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

constexpr std::int64_t kLarge = (std::int64_t{4} << 30) + 12345;

// Appends, leaving holes where everything is zero.
class SparseFile {
 public:
  explicit SparseFile(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666)) {}
  ~SparseFile() {
    EXPECT_EQ(::ftruncate(descriptor_, size_), 0);
    ::close(descriptor_);
  }
  SparseFile(const SparseFile&) = delete;
  SparseFile& operator=(const SparseFile&) = delete;

  std::size_t append(const void* data, std::size_t size) {
    const char* bytes = static_cast<const char*>(data);
    const bool zero = std::all_of(bytes, bytes + std::min<std::size_t>(size, 4096),
                                  [](char c) { return c == 0; });
    if (!zero || size < 4096) {
      EXPECT_EQ(::pwrite(descriptor_, bytes, size, size_), static_cast<ssize_t>(size));
    }
    size_ += static_cast<off_t>(size);
    return size;
  }

 private:
  int descriptor_;
  off_t size_ = 0;
};

TEST(LargeArchive, TensorsBehindFourGigabytesAreFound) {
  const test::TemporaryFolder folder;
  void* zeros =
      ::mmap(nullptr, kLarge, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(zeros, MAP_FAILED);
  test::PickleBuilder pickle;
  pickle.raw("}(").text("large").tensor("ByteStorage", "0", kLarge, 0, {kLarge}, {1});
  pickle.text("behind").tensor("LongStorage", "1", 2, 0, {2}, {1}).raw("u");
  const std::string content = pickle.stop();
  const std::vector<std::int64_t> behind = {41, 42};
  {
    SparseFile file(folder / "w.pt");
    caffe2::serialize::PyTorchStreamWriter writer(
        [&file](const void* data, std::size_t size) { return file.append(data, size); });
    writer.writeRecord("data/0", zeros, kLarge);
    writer.writeRecord("data/1", behind.data(), behind.size() * sizeof(std::int64_t));
    writer.writeRecord("data.pkl", content.data(), content.size());
    writer.writeEndOfFile();
  }
  ::munmap(zeros, kLarge);
  const Weights weights = open_weights(folder / "w.pt");
  EXPECT_TRUE(torch::equal(weights.tensors.at("behind"), torch::tensor({41, 42}, torch::kInt64)));
  const torch::Tensor& large = weights.tensors.at("large");
  EXPECT_EQ(large.numel(), kLarge);
  EXPECT_EQ(large[kLarge - 1].item<int>(), 0);
}

}  // namespace
}  // namespace ersatz::models
