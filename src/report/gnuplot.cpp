#include "report/gnuplot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace ersatz::report {
namespace {

// Numbers in CSV files have a '.', whatever the user's locale.
std::vector<std::string> c_locale_environment() {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.substr(0, 3) == "LC_" || text.substr(0, 5) == "LANG=") continue;
    variables.emplace_back(text);
  }
  variables.emplace_back("LC_ALL=C");
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  for (std::string& text : strings) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// Reads what the program says until it ends or the time is up; true when the time is up.
bool read_until_end(int descriptor, std::string& said, double timeout_seconds) {
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(static_cast<std::int64_t>(timeout_seconds * 1000));
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    char buffer[4096];
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EINTR)) return false;
    if (got > 0 && said.size() < 4096) said.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.substr(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
}

}  // namespace

GnuplotOutcome run_gnuplot(const std::filesystem::path& folder, const std::string& script,
                           double timeout_seconds) {
  const char* named = std::getenv("ERSATZ_GNUPLOT");
  const std::string program = named != nullptr && *named != '\0' ? named : "gnuplot";
  int channel[2];
  if (pipe2(channel, O_CLOEXEC) != 0) throw core::Error::io("open a pipe for", program, errno);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, channel[1], 1);
  posix_spawn_file_actions_adddup2(&actions, channel[1], 2);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<std::string> arguments = {program, script};
  std::vector<std::string> environment = c_locale_environment();
  pid_t child = -1;
  const int failed = posix_spawnp(&child, program.c_str(), &actions, nullptr,
                                  pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  close(channel[1]);
  if (failed != 0) {
    close(channel[0]);
    return {false, failed == ENOENT ? fmt::format("{} is not installed", program)
                                    : fmt::format("{}: {}", program, std::strerror(failed))};
  }
  std::string said;
  const bool late = read_until_end(channel[0], said, timeout_seconds);
  close(channel[0]);
  if (late) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (late) return {false, fmt::format("{} took more than {:g} s", program, timeout_seconds)};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {true, ""};
  return {false, fmt::format("{} failed on {}: {}", program, script,
                             said.empty() ? "no message" : last_line(said))};
}

}  // namespace ersatz::report
