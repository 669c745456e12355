#include "runner/stage_run.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "core/stage.h"
#include "support/test_support.h"

namespace ersatz::runner {
namespace {

// A reused entry that proves damaged is made again: its stage counts once, as run.
TEST(StageRun, ADamagedStageCountsOnceAndNotAsReused) {
  const test::TemporaryFolder folder;
  const core::StageCache cache(folder / "cache");
  core::StageGraph graph;
  for (const std::string name : {"digits", "training"}) {
    core::StageSpec stage;
    stage.name = stage.kind = name;
    if (name == "training") stage.inputs = {"digits"};
    stage.config = core::Json::object();
    stage.body = [name](core::StageContext& context) {
      core::write_file_atomic(context.dir() / "out", name);
      return core::Json::object();
    };
    graph.add(stage);
  }
  const auto run = [&] { return execute(cache, core::plan_stages(graph, cache, {}), false); };
  const Execution first = run();
  EXPECT_EQ(first.reused, 0);
  EXPECT_EQ(run().reused, 2);

  core::write_file_atomic(first.stages.dir("digits") / "out", "Digits");  // same size
  const Execution healed = run();
  EXPECT_EQ(healed.reused, 1);
  EXPECT_EQ(core::read_file(healed.stages.dir("digits") / "out"), "digits");
  ASSERT_EQ(healed.stage_seconds.size(), 2u);
  EXPECT_EQ(healed.compute_seconds,
            healed.stage_seconds.at("digits") + healed.stage_seconds.at("training"));
}

}  // namespace
}  // namespace ersatz::runner
