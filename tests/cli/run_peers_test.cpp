// scripts/run_peers.sh: Python's programs run with the OpenBLAS kernels that ours take.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"
#include "core/json.h"

namespace ersatz::test {
namespace {

using ::testing::HasSubstr;

// The script with a Python that prints OPENBLAS_CORETYPE, and an `ersatz doctor` that finds `text`.
class RunPeers : public ::testing::Test {
 protected:
  RunPeers() {
    write_text(folder_ / "python", "#!/bin/sh\necho \"$OPENBLAS_CORETYPE\"\n");
    write_text(folder_ / "bin/ersatz",
               "#!/bin/sh\ncat \"$(dirname \"$0\")/found.json\"; exit 40\n");
    EXPECT_EQ(
        run_command(fmt::format("chmod +x '{0}/python' '{0}/bin/ersatz'", folder_.path().string()))
            .exit_status,
        0);
    found("");
  }
  void found(const std::string& text) {
    core::Json findings = core::Json::array();
    findings.push_back({{"name", "BLAS"}, {"level", "ok"}, {"text", "OpenBLAS, libblas.so.3"}});
    if (!text.empty()) {
      findings.push_back({{"name", "OpenBLAS kernels"}, {"level", "ok"}, {"text", text}});
    }
    findings.push_back({{"name", "GPU"}, {"level", "ok"}, {"text", "none"}});
    write_text(folder_ / "bin/found.json", core::Json({{"findings", findings}}).dump(2));
  }
  CommandResult run(const std::string& environment) const {
    return run_command(
        fmt::format("env -u OPENBLAS_CORETYPE BUILD='{0}' PYTHON='{0}/python' {1} "
                    "bash '{2}/scripts/run_peers.sh' '{0}/out'",
                    folder_.path().string(), environment, source_root().string()));
  }
  TemporaryFolder folder_;
};

TEST_F(RunPeers, TakeTheKernelsOfOurPrograms) {
  for (const char* text : {"Cooperlake (OPENBLAS_CORETYPE is not set)",
                           "Prescott by itself, which is slow here; Ersatz sets "
                           "OPENBLAS_CORETYPE=Cooperlake for its own programs"}) {
    found(text);
    for (const char* environment : {"", "OPENBLAS_CORETYPE="}) {
      const CommandResult result = run(environment);
      EXPECT_EQ(result.exit_status, 0) << result.errors;
      EXPECT_EQ(result.output, "Cooperlake\nCooperlake\nCooperlake\nCooperlake\n") << text;
    }
  }
  EXPECT_EQ(run("OPENBLAS_CORETYPE=Haswell").output, "Haswell\nHaswell\nHaswell\nHaswell\n");
}

TEST_F(RunPeers, KernelsThatAreNotKnownMustBeNamed) {
  const CommandResult result = run("");
  EXPECT_EQ(result.exit_status, 40);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, HasSubstr("set OPENBLAS_CORETYPE"));
}

// What `ersatz doctor` really says is understood.
TEST_F(RunPeers, TheWordsAreThoseOfDoctor) {
  const CommandResult doctor = ersatz_here("doctor --json", "env -u OPENBLAS_CORETYPE");
  const core::Json findings = core::Json::parse(doctor.output).at("findings");
  for (const core::Json& finding : findings) {
    if (finding.at("name") != "OpenBLAS kernels") continue;
    const CommandResult result = run(fmt::format("BUILD='{}/..'", ERSATZ_BIN_DIR));
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    const std::string kernels = result.output.substr(0, result.output.find('\n'));
    EXPECT_GT(kernels.size(), 2U);
    EXPECT_THAT(finding.at("text").get<std::string>(), HasSubstr(kernels + " "));
    return;
  }
  GTEST_SKIP() << "no OpenBLAS on this machine";
}

}  // namespace
}  // namespace ersatz::test
