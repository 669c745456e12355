// TorchScript detectors: refused without trust, and what is expected of their outputs.
#include "models/detection/script_detector.h"

#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <unordered_map>

#include "core/file_system.h"
#include "models/detection/open_detector.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using core::ExitCode;

// One object: middle (24, 16), 16 x 8 px, class 1 of 2 at 0.9, coefficients of 2 prototypes.
constexpr const char* kWithMasks = R"(
def forward(self, x):
    out = torch.zeros([x.size(0), 8, 4])
    out[:, 0, 2] = 24.0
    out[:, 1, 2] = 16.0
    out[:, 2, 2] = 16.0
    out[:, 3, 2] = 8.0
    out[:, 5, 2] = 0.9
    out[:, 6, 2] = -1.0
    return (out, torch.ones([x.size(0), 2, x.size(2) // 4, x.size(3) // 4]))
)";

class ScriptDetectors : public ::testing::Test {
 protected:
  std::filesystem::path program(const std::string& source, const std::string& config = "") const {
    torch::jit::Module module("Detector");
    module.define(source);
    const std::string file = (folder_ / "d.torchscript").string();
    std::unordered_map<std::string, std::string> extra;
    if (!config.empty()) extra["config.txt"] = config;
    module.save(file, extra);
    return file;
  }
  test::TemporaryFolder folder_;
};

TEST_F(ScriptDetectors, OnlyWithTrust) {
  const auto file = program(kWithMasks);
  EXPECT_TRUE(is_torch_script(file));
  EXPECT_ERSATZ_ERROR(load_script_detector(file, Trust::kRefuse, torch::kCPU),
                      ExitCode::kUntrustedData, "opening it runs what is written in it");
  EXPECT_ERSATZ_ERROR(open_detector(file, {}, torch::kCPU), ExitCode::kUntrustedData, "--trust");
  OpenDetectorOptions trusting;
  trusting.trust = Trust::kTrusted;
  const OpenedDetector opened = open_detector(file, trusting, torch::kCPU);
  EXPECT_EQ(opened.description, "TorchScript, 2 classes, masks");
  EXPECT_EQ(opened.predictor->fixed_size(), 640);
  const Predictions predictions = opened.predictor->predict(torch::zeros({1, 3, 640, 640}));
  EXPECT_TRUE(torch::equal(predictions.boxes[0][2], torch::tensor({16.0F, 12.0F, 32.0F, 20.0F})));
  EXPECT_TRUE(torch::equal(predictions.scores[0][2], torch::tensor({0.0F, 0.9F})));
  EXPECT_TRUE(torch::equal(predictions.coefficients[0][2], torch::tensor({-1.0F, 0.0F})));
  EXPECT_EQ(predictions.prototypes.sizes(), (std::vector<std::int64_t>{1, 2, 160, 160}));
}

TEST_F(ScriptDetectors, TheExportTellsNamesAndSizes) {
  const auto file =
      program(kWithMasks, R"({"imgsz": [320, 320], "stride": 32, "names": {"0": "a", "1": "b"}})");
  const ScriptDetector detector = load_script_detector(file, Trust::kTrusted, torch::kCPU);
  EXPECT_EQ(detector.classes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(detector.predictor->fixed_size(), 320);
  const auto refused = [&](const char* config, const char* text) {
    EXPECT_ERSATZ_ERROR(
        load_script_detector(program(kWithMasks, config), Trust::kTrusted, torch::kCPU),
        ExitCode::kUntrustedData, text);
  };
  refused(R"({"names": {"0": "a"}})", "1 names for 2 classes");
  refused(R"({"imgsz": [320, 640]})", "imgsz");
  refused(R"({"imgsz": [100, 100]})", "imgsz or stride");
  refused(R"({"names": ["a"]})", "names");
  refused("[1", "not valid JSON");
}

TEST_F(ScriptDetectors, ProgramsThatGiveSomethingElseAreRefused) {
  const auto refused = [&](const char* source, const char* text) {
    EXPECT_ERSATZ_ERROR(load_script_detector(program(source), Trust::kTrusted, torch::kCPU),
                        ExitCode::kUntrustedData, text);
  };
  refused("\ndef forward(self, x):\n    return x\n", "none of a detector");
  refused("\ndef forward(self, x):\n    return [x]\n", "neither a tensor nor two");
  refused("\ndef forward(self, x):\n    return x.view([7])\n", "the program in it failed");
  core::write_file_atomic(folder_ / "broken", "PK\x03\x04 a/code/ a/constants.pkl");
  EXPECT_ERSATZ_ERROR(load_script_detector(folder_ / "broken", Trust::kTrusted, torch::kCPU),
                      ExitCode::kUntrustedData, "no TorchScript");
}

}  // namespace
}  // namespace ersatz::models
