#include "core/run_directory.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file_system.h"
#include "core/machine.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

TEST(RunDirectory, RemembersItsRequestAndState) {
  test::TemporaryFolder folder;
  RunRequest request;
  request.experiment = "e";
  request.profile = "mini";
  request.overrides = {"a=2"};
  request.seed = 7;
  request.force = true;
  request.from = "gan";
  request.parts = 4;
  const Config config = Config::from_json({{"a", 2}});
  RunDirectory run = RunDirectory::create(folder.path(), request, config);
  const RunDirectory twin = RunDirectory::create(folder.path(), request, config);
  EXPECT_NE(run.path(), twin.path());
  EXPECT_EQ(run.state(), RunState::kCreated);
  run.set_state(RunState::kFinished);
  const RunDirectory again = RunDirectory::open(run.path());
  EXPECT_EQ(again.state(), RunState::kFinished);
  EXPECT_EQ(again.request().overrides, request.overrides);
  EXPECT_EQ(again.request().seed, 7);
  EXPECT_TRUE(again.request().force);
  EXPECT_EQ(again.request().from, "gan");
  EXPECT_EQ(again.request().parts, 4);
  EXPECT_EQ(again.started(), run.started());
  // Earlier versions did not write these.
  Json written = read_json(run.path() / "run.json");
  for (const char* key : {"force", "from", "parts"}) written.erase(key);
  write_json(run.path() / "run.json", written);
  EXPECT_FALSE(again.request().force);
  EXPECT_EQ(again.request().from, "");
  EXPECT_EQ(read_file(run.path() / "config.resolved.toml"), "a = 2\n");
  EXPECT_EQ(list_runs(folder.path()).size(), 2U);
}

TEST(RunDirectory, ARunningRecordOfADeadProcessReadsAsDead) {
  test::TemporaryFolder folder;
  RunRequest request;
  request.experiment = "e";
  RunDirectory run = RunDirectory::create(folder.path(), request, Config::from_json({{"a", 1}}));
  run.set_state(RunState::kRunning);
  EXPECT_EQ(run.state(), RunState::kRunning);
  Json status = run.status();
  status["pid_start"] = status["pid_start"].get<std::uint64_t>() + 1;  // another process, same pid
  write_json(run.path() / "status.json", status);
  EXPECT_EQ(run.state(), RunState::kDead);
}

TEST(RunDirectory, WhatRunsIsNotToBeResumed) {
  test::TemporaryFolder folder;
  RunRequest request;
  request.experiment = "e";
  RunDirectory run = RunDirectory::create(folder.path(), request, Config::from_json({{"a", 1}}));
  for (const RunState state : {RunState::kCreated, RunState::kRunning}) {
    run.set_state(state);
    EXPECT_ERSATZ_ERROR(check_not_running(run), ExitCode::kUsage,
                        fmt::format("(process {} on ", ::getpid()));
  }
  Json status = run.status();
  status["host"] = "elsewhere";
  write_json(run.path() / "status.json", status);
  EXPECT_ERSATZ_ERROR(check_not_running(run), ExitCode::kUsage, "if that machine is no more");
  run.set_state(RunState::kInterrupted);
  check_not_running(run);
  std::filesystem::remove(run.path() / "status.json");
  check_not_running(run);
}

TEST(RunDirectory, AStatusThatIsNoneIsNotThereYet) {
  test::TemporaryFolder folder;
  RunRequest request;
  request.experiment = "e";
  RunDirectory run = RunDirectory::create(folder.path(), request, Config::from_json({{"a", 1}}));
  run.set_state(RunState::kFinished);
  const Json whole = run.status();
  for (const char* text : {"", "[]", "null", "7", "\"FINISHED\""}) {
    write_file_atomic(run.path() / "status.json", text);
    EXPECT_EQ(run.status(), Json::object()) << text;
    EXPECT_EQ(run.state(), RunState::kCreated) << text;
  }
  for (const auto& [key, value] : whole.items()) {
    Json wrong = whole;
    wrong[key] = value.is_string() ? Json(1) : Json(1e300);
    write_json(run.path() / "status.json", wrong);
    EXPECT_EQ(run.state(), RunState::kCreated) << key;
    wrong[key] = nullptr;
    write_json(run.path() / "status.json", wrong);
    EXPECT_EQ(run.state(), RunState::kCreated) << key;
  }
  run.set_state(RunState::kFinished);
  EXPECT_EQ(run.state(), RunState::kFinished);
}

TEST(Process, AZombieDoesNotRun) {
  EXPECT_TRUE(process_runs(::getpid()));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  for (int i = 0; i < 200 && process_runs(child); ++i) ::usleep(10000);
  EXPECT_FALSE(process_runs(child)) << "ended, not yet waited for";
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(process_runs(child));
}

TEST(RunDirectory, OpeningSomethingElseIsAnError) {
  test::TemporaryFolder folder;
  EXPECT_ERSATZ_ERROR(RunDirectory::open(folder.path()), ExitCode::kMissing, "not a run folder");
}

}  // namespace
}  // namespace ersatz::core
