// `ersatz gc` removes what nobody needs, and nothing else.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "cli/cli_fixture.h"
#include "cli/full_pipe.h"
#include "core/abandoned.h"
#include "support/partial_files.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

// Keys that differ in the part that names the cache folder.
std::string key(char digit) { return std::string(64, digit); }

TEST(Gc, KeepsWhatTheNewestFinishedRunUses) {
  const ToyProject project;
  const fs::path used = project.add_stage_output(key('a'));
  const fs::path unused = project.add_stage_output(key('b'));
  const fs::path old_run =
      project.add_run("mini", "20260102T030405Z-aaaaaaaa", "FINISHED", false, {key('b')});
  const fs::path run =
      project.add_run("mini", "20260103T030405Z-aaaaaaaa", "FINISHED", false, {key('a')});
  const CommandResult result = project.ersatz("gc");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_TRUE(fs::exists(used));
  EXPECT_FALSE(fs::exists(unused));
  EXPECT_TRUE(fs::exists(run));
  EXPECT_FALSE(fs::exists(old_run));
  EXPECT_THAT(result.output, HasSubstr("stage outputs that no kept run uses"));
  EXPECT_THAT(result.output, HasSubstr("freed 1."));
}

TEST(Gc, DryRunRemovesNothingAndCountsTheSame) {
  const ToyProject project;
  const fs::path unused = project.add_stage_output(key('b'));
  const CommandResult text = project.ersatz("gc --dry-run");
  EXPECT_THAT(text.output, HasSubstr(unused.string()));
  EXPECT_THAT(text.output, HasSubstr("would free 1"));
  const Json json = Json::parse(project.ersatz("gc --dry-run --json").output);
  EXPECT_EQ(json.at("removed"), false);
  EXPECT_EQ(json.at("bytes"), 1000);
  EXPECT_EQ(json.at("items")[0].at("path"), unused.string());
  EXPECT_TRUE(fs::exists(unused));
  EXPECT_EQ(Json::parse(project.ersatz("gc --json").output).at("bytes"), 1000);
  EXPECT_FALSE(fs::exists(unused));
}

TEST(Gc, KeepsTheCheckpointThatResumeWouldContinueFrom) {
  const ToyProject project;
  const fs::path resumable = project.add_stage_output(key('a'), true);
  const fs::path abandoned = project.add_stage_output(key('b'), true);
  project.add_run("mini", "20260102T030405Z-bbbbbbbb", "INTERRUPTED", false, {key('b')});
  const fs::path newest =
      project.add_run("mini", "20260103T030405Z-aaaaaaaa", "RUNNING", false, {key('a')});
  EXPECT_EQ(project.ersatz("gc").exit_status, 0);
  EXPECT_TRUE(fs::exists(resumable));
  EXPECT_TRUE(fs::exists(newest));
  EXPECT_FALSE(fs::exists(abandoned));
}

TEST(Gc, LeavesALockedStageAloneEvenWithAll) {
  const ToyProject project;
  const fs::path locked = project.add_stage_output(key('a'), true);
  const fs::path lock = fs::path(locked).replace_extension(".lock");
  const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT, 0666);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
  const CommandResult held = project.ersatz("gc --all");
  EXPECT_EQ(held.exit_status, 0) << held.errors;
  EXPECT_TRUE(fs::exists(locked / "weights.bin"));
  EXPECT_THAT(held.errors, HasSubstr("1 left alone: a live process works on them"));
  EXPECT_THAT(held.output, HasSubstr("freed 0 B"));
  ::close(descriptor);
  EXPECT_EQ(project.ersatz("gc --all").exit_status, 0);
  EXPECT_FALSE(fs::exists(locked));
}

TEST(Gc, NeverTouchesALiveRunOrItsStages) {
  const ToyProject project;
  const fs::path input = project.add_stage_output(key('a'));
  const fs::path partial = project.add_stage_output(key('c'), true);
  const fs::path live =
      project.add_run("mini", "20260102T030405Z-aaaaaaaa", "RUNNING", true, {key('a'), key('c')});
  project.add_run("mini", "20260103T030405Z-aaaaaaaa", "FINISHED", false, {key('b')});
  for (const char* line : {"gc", "gc --all"}) {
    EXPECT_EQ(project.ersatz(line).exit_status, 0);
    EXPECT_TRUE(fs::exists(live)) << line;
    EXPECT_TRUE(fs::exists(input)) << line;
    EXPECT_TRUE(fs::exists(partial)) << line;
  }
}

TEST(Gc, WhileARunIsStartingNoStageOutputIsRemoved) {
  const ToyProject project;
  const fs::path output = project.add_stage_output(key('a'));
  project.add_run("mini", "20260102T030405Z-aaaaaaaa", "CREATED", true);
  const CommandResult result = project.ersatz("gc --all");
  EXPECT_TRUE(fs::exists(output));
  EXPECT_THAT(result.errors, HasSubstr("a run is just starting"));
}

TEST(Gc, AnOverriddenRunDoesNotDisplaceThePublishedOne) {
  const ToyProject project;
  const fs::path published = project.add_stage_output(key('a'));
  project.add_run("mini", "20260102T030405Z-aaaaaaaa", "FINISHED", false, {key('a')});
  const fs::path variant =
      project.add_run("mini", "20260103T030405Z-bbbbbbbb", "FINISHED", false, {key('b')});
  Json request = Json::parse(read_text(variant / "run.json"));
  request["overrides"] = {"steps=5"};
  write_text(variant / "run.json", request.dump());
  EXPECT_EQ(project.ersatz("gc").exit_status, 0);
  EXPECT_TRUE(fs::exists(published));
  EXPECT_TRUE(fs::exists(variant));
}

// A file of one's own gives nothing to results/, whatever profile it extends or is called after.
TEST(Gc, ARunOfAFileOfOnesOwnDoesNotDisplaceThePublishedOne) {
  const ToyProject project;
  const fs::path published = project.add_stage_output(key('a'));
  project.add_run("mini", "20260102T030405Z-aaaaaaaa", "FINISHED", false, {key('a')});
  const fs::path own =
      project.add_run("mini", "20260103T030405Z-bbbbbbbb", "FINISHED", false, {key('b')});
  Json request = Json::parse(read_text(own / "run.json"));
  request["profile"] = "./mini.toml";
  write_text(own / "run.json", request.dump());
  EXPECT_EQ(project.ersatz("gc").exit_status, 0);
  EXPECT_TRUE(fs::exists(published));
  EXPECT_TRUE(fs::exists(own));
}

// Of a file, as of a profile, the run without other settings stays beside one that has some.
TEST(Gc, AnOverriddenRunDoesNotDisplaceThatOfTheSameFile) {
  const ToyProject project;
  const fs::path output = project.add_stage_output(key('a'));
  const fs::path alone =
      project.add_run("mini", "20260102T030405Z-aaaaaaaa", "FINISHED", false, {key('a')});
  const fs::path variant =
      project.add_run("mini", "20260103T030405Z-bbbbbbbb", "FINISHED", false, {key('b')});
  for (const fs::path& run : {alone, variant}) {
    Json request = Json::parse(read_text(run / "run.json"));
    request["profile"] = "/recipes/mini.toml";
    if (run == variant) request["overrides"] = {"steps=5"};
    write_text(run / "run.json", request.dump());
  }
  EXPECT_EQ(project.ersatz("gc").exit_status, 0);
  EXPECT_TRUE(fs::exists(output));
  EXPECT_TRUE(fs::exists(alone));
}

TEST(Gc, OlderThanKeepsYoungRuns) {
  const ToyProject project;
  const fs::path old_run = project.add_run("mini", "20200102T030405Z-aaaaaaaa", "FINISHED");
  // Far in the future is young whenever this test runs.
  const fs::path young = project.add_run("mini", "29990102T030405Z-bbbbbbbb", "FAILED");
  project.add_run("mini", "29990103T030405Z-cccccccc", "FINISHED");
  project.add_run("mini", "20200103T030405Z-dddddddd", "FINISHED");
  EXPECT_EQ(project.ersatz("gc --older-than 30").exit_status, 0);
  EXPECT_TRUE(fs::exists(young));
  EXPECT_FALSE(fs::exists(old_run));
  EXPECT_EQ(project.ersatz("gc").exit_status, 0);
  EXPECT_FALSE(fs::exists(young));
}

TEST(Gc, HalfWrittenFilesGoWhenTheirWriterIsGone) {
  const ToyProject project;
  const fs::path results = project.results() / "toy";
  const fs::path dead = partial_of(results / "mini", kNobody);
  const fs::path alive = partial_of(results / "mini", ::getpid());
  const fs::path unknown = results / "mini.old.partial";
  // Nobody here can tell whether another machine still writes: a week without a change tells.
  const fs::path elsewhere = partial_of(results / "mini", 1, "other");
  const fs::path left = partial_of(results / "mini", 2, "other");
  const fs::path nameless = results / "mini.3.partial";
  for (const fs::path& folder : {dead, alive, unknown, elsewhere, left, nameless}) {
    write_text(folder / "report.md", "x");
  }
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(24 * 8);
  for (const fs::path& folder : {alive, unknown, left, nameless}) {
    fs::last_write_time(folder, long_ago);
  }
  EXPECT_EQ(project.ersatz("gc").exit_status, 0);
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(alive));
  EXPECT_TRUE(fs::exists(unknown));
  EXPECT_TRUE(fs::exists(elsewhere));
  EXPECT_FALSE(fs::exists(left));
  EXPECT_FALSE(fs::exists(nameless));
}

// What a process killed between two renames of core::replace_directory leaves.
TEST(Gc, TheOnlyCopyOfAResultIsLeftAndNamed) {
  const ToyProject project;
  const fs::path only = partial_of(project.results() / "toy" / "mini.set-aside", kNobody);
  const fs::path old = partial_of(project.results() / "toy" / "other.set-aside", kNobody);
  write_text(only / "metrics.json", "{}");
  write_text(old / "metrics.json", "{}");
  write_text(project.results() / "toy" / "other" / "metrics.json", "{}");
  const CommandResult result = project.ersatz("gc --all");
  EXPECT_TRUE(fs::exists(only));
  EXPECT_FALSE(fs::exists(old)) << "its successor is there";
  EXPECT_THAT(result.output + result.errors, HasSubstr("is the only copy of mini"));
}

// Its name says no more whether it was set aside.
TEST(Gc, AFolderWhoseNameWasCutIsLeftAndNamed) {
  const ToyProject project;
  const fs::path results = project.results() / "toy";
  const auto left_by = [&](const std::string& name, long pid, const std::string& host) {
    return results / core::with_ending(name, partial_of("x", pid, host).string().substr(1));
  };
  const std::string name = core::set_aside(std::string(240, 'n')).string();
  const fs::path aside = left_by(name, kNobody, ""), elsewhere = left_by(name, 1, "other");
  ASSERT_TRUE(core::target_of_set_aside(aside).empty());
  const fs::path file = left_by(std::string(250, 'f'), kNobody, "");
  for (const fs::path& folder : {aside, elsewhere}) write_text(folder / "metrics.json", "{}");
  write_text(file, "x");
  fs::last_write_time(elsewhere, fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  const CommandResult result = project.ersatz("gc --all");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_TRUE(fs::exists(aside / "metrics.json"));
  EXPECT_TRUE(fs::exists(elsewhere / "metrics.json"));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_THAT(result.errors, HasSubstr(aside.filename().string() + " is left alone"));
}

TEST(Gc, FoldersThatAreNoStagesAreLeftAlone) {
  const ToyProject project;
  const fs::path hub = project.runs() / "cache" / "huggingface" / "hub";
  const fs::path almost = project.runs() / "cache" / "x" / (key('a').substr(0, 19) + "g");
  for (const fs::path& folder : {hub, almost}) write_text(folder / "file", "x");
  EXPECT_EQ(project.ersatz("gc --all").exit_status, 0);
  EXPECT_TRUE(fs::exists(hub / "file"));
  EXPECT_TRUE(fs::exists(almost / "file"));
}

// A run that has looked into the cache and not yet written what it uses of it.
TEST(Gc, WaitsForARunThatPlans) {
  const ToyProject project;
  const fs::path unused = project.add_stage_output(key('b'));
  const std::string lock = (project.runs() / ".planning.lock").string();
  const int held = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  EXPECT_EQ(project.ersatz("gc --dry-run").exit_status, 0);
  const CommandResult waiting = project.ersatz("gc", "timeout 2");
  EXPECT_EQ(waiting.exit_status, 124);
  EXPECT_THAT(waiting.errors, HasSubstr("waiting for another process that works on what runs use"));
  EXPECT_TRUE(fs::exists(unused));
  ::close(held);
  EXPECT_EQ(project.ersatz("gc").exit_status, 0);
  EXPECT_FALSE(fs::exists(unused));
}

// `ersatz gc --json | less`
TEST(Gc, RunsNeedNotWaitForWhoReadsWhatItPrints) {
  const ToyProject project;
  fs::path unused;
  // More than waits in the program's own memory.
  for (int i = 100; i < 200; ++i) {
    unused = project.add_stage_output(std::to_string(i) + std::string(61, '0'));
  }
  const TemporaryFolder folder;
  FullPipe pipe(folder / "pipe");
  pipe.fill();
  CommandResult result;
  std::thread gc(
      [&] { result = project.ersatz("gc --json > '" + (folder / "pipe").string() + "'"); });
  const std::string lock = (project.runs() / ".planning.lock").string();
  const int own = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  bool free = false;
  for (int i = 0; i < 600 && !free; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    // Before anything was removed, it may not even have begun.
    free = fs::is_empty(unused.parent_path()) && ::flock(own, LOCK_EX | LOCK_NB) == 0;
  }
  EXPECT_TRUE(free);
  ::close(own);
  const std::string output = pipe.drain();
  gc.join();
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(output, HasSubstr(unused.string()));
}

TEST(Gc, ResultsAndDataAreNeverTouched) {
  const ToyProject project;
  project.write_results("mini", 90);
  write_text(project.cache() / "toy-data" / "1" / "toys.bin", "toys\n");
  EXPECT_EQ(project.ersatz("gc --all").exit_status, 0);
  EXPECT_TRUE(fs::exists(project.results() / "toy" / "mini" / "metrics.json"));
  EXPECT_TRUE(fs::exists(project.cache() / "toy-data" / "1" / "toys.bin"));
}

TEST(Gc, DoesNotFollowSymbolicLinks) {
  const ToyProject project;
  const TemporaryFolder outside;
  write_text(outside.path() / "precious", "x");
  const fs::path entry = project.add_stage_output(key('a'));
  fs::create_directory_symlink(outside.path(), entry / "link");
  fs::create_directory_symlink(outside.path(), project.runs() / "cache" / "train" / "linked");
  EXPECT_EQ(project.ersatz("gc --all").exit_status, 0);
  EXPECT_FALSE(fs::exists(entry));
  EXPECT_TRUE(fs::exists(outside.path() / "precious"));
}

}  // namespace
}  // namespace ersatz::test
