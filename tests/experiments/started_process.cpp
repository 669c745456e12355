#include "experiments/started_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "core/file_system.h"

namespace ersatz::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPause{2};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

StartedProcess::StartedProcess(const std::string& command) {
  const std::string line = "exec env " + command;
  const std::string errors = (folder_ / "errors").string();
  core::write_file_atomic(errors, "");
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error("fork failed");
  if (process_ == 0) {
    // A test in the background of a shell ignores it, and so would the program.
    ::signal(SIGINT, SIG_DFL);
    ::dup2(::open("/dev/null", O_RDWR), 0);
    ::dup2(0, 1);
    ::dup2(::open(errors.c_str(), O_WRONLY | O_APPEND), 2);
    ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    ::_exit(127);
  }
}

StartedProcess::~StartedProcess() {
  if (has_ended()) return;
  ::kill(process_, SIGKILL);
  while (!has_ended()) std::this_thread::sleep_for(kPause);
}

bool StartedProcess::has_ended() {
  if (exit_status_ >= 0) return true;
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) != process_) return false;
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool StartedProcess::wait_until(const std::function<bool()>& condition) {
  const auto begin = Clock::now();
  while (!has_ended() && seconds_since(begin) < 120) {
    if (condition()) return true;
    std::this_thread::sleep_for(kPause);
  }
  return false;
}

StartedProcess::End StartedProcess::interrupt() {
  const auto begin = Clock::now();
  ::kill(process_, SIGINT);
  bool killed = false;
  while (!has_ended()) {
    if (!killed && seconds_since(begin) > 60) {
      killed = true;
      ::kill(process_, SIGKILL);
    }
    std::this_thread::sleep_for(kPause);
  }
  return {exit_status_, seconds_since(begin), errors()};
}

std::string StartedProcess::errors() const { return core::read_file(folder_ / "errors"); }

}  // namespace ersatz::test
