// Runs hold the planning lock from looking into the cache until their plan.json says what they use
// of it, and no longer.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <ostream>
#include <thread>

#include "cli/cli_fixture.h"
#include "cli/full_pipe.h"
#include "core/run_directory.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kWaiting = "waiting for another process that works on what runs use";

struct Program {
  std::string name, command;
};
std::ostream& operator<<(std::ostream& out, const Program& program) { return out << program.name; }

class PlanningLock : public ::testing::TestWithParam<Program> {
 protected:
  PlanningLock() {
    fs::create_directories(runs());
    const std::string file = (runs() / ".planning.lock").string();
    lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    EXPECT_TRUE(take_lock());
  }
  ~PlanningLock() override { ::close(lock_); }

  fs::path runs() const { return folder_ / "runs"; }
  bool take_lock() const { return ::flock(lock_, LOCK_EX | LOCK_NB) == 0; }
  void release_lock() const { ::flock(lock_, LOCK_UN); }
  fs::path pid_file() const { return folder_ / "pid"; }

  // Begins the program, with its standard error in `errors`.
  void begin(const fs::path& errors) {
    // The shells become the program, which has the number in the file.
    const std::string command = fmt::format(
        "exec env -u ERSATZ_MIRROR ERSATZ_HOME='{0}' ERSATZ_RUNS='{1}/runs' "
        "ERSATZ_RESULTS='{1}/results' ERSATZ_CACHE='{1}/data' sh -c 'echo $$ > \"{2}\"; "
        "exec \"{3}\"/{4}' 2> '{5}'",
        source_root().string(), folder_.path().string(), pid_file().string(), ERSATZ_BIN_DIR,
        GetParam().command, errors.string());
    program_ = std::thread([this, command] {
      result_ = run_command(command);
      ended_ = true;
    });
  }
  // Whether it does within a minute, and before the program ends.
  bool becomes_true(const std::function<bool()>& condition) const {
    for (int i = 0; i < 1200 && !ended_; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return condition();
  }
  void interrupt() const {
    const std::string pid = read_text(pid_file());
    if (!ended_ && !pid.empty()) ::kill(std::stoi(pid), SIGINT);
  }
  CommandResult end() {
    program_.join();
    return result_;
  }

  TemporaryFolder folder_;

 private:
  int lock_ = -1;
  std::thread program_;
  std::atomic<bool> ended_{false};
  CommandResult result_;
};

TEST_P(PlanningLock, ARunThatIsStoppedWhileItWaitsLeavesNothing) {
  const fs::path errors = folder_ / "errors";
  begin(errors);
  EXPECT_TRUE(becomes_true([&] { return read_text(errors).find(kWaiting) != std::string::npos; }));
  interrupt();
  EXPECT_EQ(end().exit_status, 130) << read_text(errors);
  EXPECT_TRUE(core::list_runs(runs()).empty());
}

TEST_P(PlanningLock, ARunGoesOnWhenItIsReleasedAndHoldsItForNoTerminal) {
  FullPipe terminal(folder_ / "terminal");
  begin(folder_ / "terminal");
  EXPECT_THAT(terminal.read_until(kWaiting), HasSubstr(kWaiting));
  terminal.fill();
  release_lock();
  // The run cannot say a word, and nobody need wait for that.
  EXPECT_TRUE(becomes_true([&] {
    const auto all = core::list_runs(runs());
    return !all.empty() && fs::exists(all.front().path() / "plan.json");
  }));
  EXPECT_TRUE(becomes_true([&] { return take_lock(); }));
  interrupt();
  terminal.drain();
  EXPECT_EQ(end().exit_status, 130);
  EXPECT_EQ(core::list_runs(runs()).size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Programs, PlanningLock,
    ::testing::Values(Program{"mnist", "reproduce-mnist --profile smoke --progress none"},
                      Program{"mini_sd", "ersatz train mini-sd --recipe tiny --threads 2"}),
    [](const auto& program) { return program.param.name; });

}  // namespace
}  // namespace ersatz::test
