// The memory that making one picture takes at the size of SD 1.5, as docs/generate.md states it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "cli/cli_fixture.h"
#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

class GenerateMemory : public ::testing::Test {
 protected:
  void make_model(const std::string& type) const {
    const CommandResult made = ersatz_here(fmt::format(
        "weights random --arch sd15 --dtype {} --out '{}'", type, (folder_ / type).string()));
    ASSERT_EQ(made.exit_status, 0) << made.errors;
  }

  // Gigabytes at the peak of a run that makes `count` pictures.
  double peak(const std::string& stored, const std::string& kept, int count) const {
    const std::string out = fmt::format("{}-{}-{}", stored, kept, count);
    const CommandResult run = ersatz_here(fmt::format(
        "generate txt2img --model '{}' --prompt 'a photo of an apple' --steps 1 --scheduler ddim "
        "--size 512x512 --count {} --weights-dtype {} --out '{}'",
        (folder_ / stored).string(), count, kept, (folder_ / out).string()));
    EXPECT_EQ(run.exit_status, 0) << run.errors;
    const core::Json sidecar =
        core::read_json(folder_ / out / fmt::format("{:05d}_{}.json", count - 1, count - 1));
    const auto bytes = sidecar.at("machine").at("peak_memory_bytes").get<double>();
    std::printf("file %s, weights %s, %d picture(s): %.2f GB\n", stored.c_str(), kept.c_str(),
                count, bytes / 1e9);
    return bytes / 1e9;
  }

  const TemporaryFolder folder_;
};

TEST_F(GenerateMemory, OfAFileInSinglePrecision) {
  make_model("fp32");
  EXPECT_LT(peak("fp32", "fp16", 1), 2.2);
  EXPECT_LT(peak("fp32", "fp16", 2), 2.2);
  EXPECT_LT(peak("fp32", "fp32", 1), 4.0);
}

TEST_F(GenerateMemory, OfAFileInHalfPrecision) {
  make_model("fp16");
  EXPECT_LT(peak("fp16", "fp16", 2), 2.2);
  EXPECT_LT(peak("fp16", "fp32", 1), 4.0);
}

}  // namespace
}  // namespace ersatz::test
