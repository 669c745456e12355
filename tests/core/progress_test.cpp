#include "core/progress.h"

#include <gtest/gtest.h>

#include "core/exit_code.h"
#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

TEST(Progress, HumanUnits) {
  EXPECT_EQ(human_duration(0.0123), "12 ms");
  EXPECT_EQ(human_duration(12.34), "12.3 s");
  EXPECT_EQ(human_duration(192), "3 min 12 s");
  EXPECT_EQ(human_duration(7500), "2 h 05 min");
  EXPECT_EQ(human_duration(999'999'999'999'999), "277777777777 h 46 min");
  EXPECT_EQ(human_duration(1e15), "2.78e+11 h");
  EXPECT_EQ(human_duration(1e300), "2.78e+296 h");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1.07e9), "1.07 GB");
  EXPECT_EQ(human_bytes(12.4e6), "12.4 MB");
}

TEST(Progress, ModesParse) {
  EXPECT_EQ(parse_progress_mode("json"), ProgressMode::kJson);
  EXPECT_ERSATZ_ERROR(parse_progress_mode("jsn"), ExitCode::kUsage, "did you mean 'json'?");
}

TEST(Progress, JsonLinesAreJson) {
  set_progress_mode(ProgressMode::kJson);
  ::testing::internal::CaptureStderr();
  {
    Progress progress("training \"x\"", 10, "step");
    progress.start_from(4);
    progress.set(10, "loss 0.5");
  }
  const std::string text = ::testing::internal::GetCapturedStderr();
  set_progress_mode(ProgressMode::kAuto);
  const Json line = Json::parse(text.substr(0, text.find('\n')));
  EXPECT_EQ(line["progress"], "training \"x\"");
  EXPECT_EQ(line["done"], 10);
  EXPECT_EQ(line["note"], "loss 0.5");
}

TEST(Progress, NoneIsSilent) {
  set_progress_mode(ProgressMode::kNone);
  ::testing::internal::CaptureStderr();
  { Progress("x", 10, "step").set(10); }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  set_progress_mode(ProgressMode::kAuto);
}

}  // namespace
}  // namespace ersatz::core
