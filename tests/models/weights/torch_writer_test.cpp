#include "models/weights/torch_writer.h"

#include <gtest/gtest.h>
#include <torch/serialize.h>
#include <torch/types.h>

#include <limits>

#include "core/file_system.h"
#include "models/weights/weights.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

std::string_view bytes_of(const torch::Tensor& tensor) {
  return {static_cast<const char*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.nbytes())};
}

std::string file_of(const torch::Tensor& a, const torch::Tensor& b) {
  TorchWriter writer;
  writer.begin_dict().text("nested").begin_dict();
  writer.text("a").tensor(a.sizes().vec(), bytes_of(a)).end_dict();
  writer.text("b").tensor(b.sizes().vec(), bytes_of(b));
  writer.text("name").text("gr\u00fc\u00dfe").text("nothing").none();
  writer.text("small").integer(-7).text("large").integer(std::int64_t{1} << 40).end_dict();
  return std::move(writer).finish();
}

TEST(TorchWriter, OurStrictReaderReadsIt) {
  const test::TemporaryFolder folder;
  const torch::Tensor a = torch::randn({2, 3}), b = torch::randn({5});
  core::write_file_atomic(folder / "x.pt", file_of(a, b));
  const Weights weights = open_weights(folder / "x.pt");
  ASSERT_EQ(weights.tensors.size(), 2U);
  EXPECT_TRUE(torch::equal(weights.tensors.at("nested.a"), a));
  EXPECT_TRUE(torch::equal(weights.tensors.at("b"), b));
  EXPECT_EQ(weights.metadata, (std::map<std::string, std::string>{{"large", "1099511627776"},
                                                                  {"name", "gr\u00fc\u00dfe"},
                                                                  {"nothing", "None"},
                                                                  {"small", "-7"}}));
  verify_weights(folder / "x.pt");
}

TEST(TorchWriter, LibtorchReadsIt) {
  const torch::Tensor a = torch::randn({2, 3}), b = torch::randn({5});
  const std::string file = file_of(a, b);
  const auto read = torch::pickle_load({file.begin(), file.end()}).toGenericDict();
  EXPECT_TRUE(torch::equal(read.at("nested").toGenericDict().at("a").toTensor(), a));
  EXPECT_TRUE(torch::equal(read.at("b").toTensor(), b));
  EXPECT_EQ(read.at("name").toStringRef(), "gr\u00fc\u00dfe");
  EXPECT_TRUE(read.at("nothing").isNone());
  EXPECT_EQ(read.at("small").toInt(), -7);
  EXPECT_EQ(read.at("large").toInt(), std::int64_t{1} << 40);
}

TEST(TorchWriter, EqualContentGivesEqualBytesAndNumbersAreAligned) {
  const torch::Tensor a = torch::randn({2, 3}), b = torch::randn({5});
  const std::string file = file_of(a, b);
  EXPECT_EQ(file, file_of(a, b));
  for (const torch::Tensor& tensor : {a, b}) {
    const std::size_t at = file.find(bytes_of(tensor));
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(at % 64, 0U);
  }
}

TEST(TorchWriter, RefusesBytesThatDoNotFitTheShape) {
  TorchWriter writer;
  EXPECT_ERSATZ_ERROR(writer.tensor({2, 3}, std::string(20, 'x')), core::ExitCode::kInternal,
                      "20 bytes for a tensor of shape [2, 3]");
}

}  // namespace
}  // namespace ersatz::models
