#include "ranks/rank_processes.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

#include "core/file_system.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

pid_t start(const std::string& line) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    ::execl("/bin/bash", "bash", "-c", line.c_str(), nullptr);
    ::_exit(127);
  }
  return child;
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(socket, any, size), 0);
  EXPECT_EQ(::getsockname(socket, any, &size), 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

RankProcesses::RankProcesses(
    int size, const std::string& command,
    const std::function<std::string(int rank, const std::string&)>& around) {
  const int port = free_port();
  for (int rank = 0; rank < size; ++rank) {
    const std::string whole = fmt::format(
        "env MASTER_ADDR=127.0.0.1 MASTER_PORT={} RANK={} WORLD_SIZE={} {} >{}/{}.out 2>{}/{}.err",
        port, rank, size, command, folder_.path().string(), rank, folder_.path().string(), rank);
    for (const char* stream : {"out", "err"}) {
      core::write_file_atomic(folder_ / fmt::format("{}.{}", rank, stream), "");
    }
    processes_.push_back(start("exec " + (around ? around(rank, whole) : whole)));
  }
}

RankProcesses::~RankProcesses() {
  for (const pid_t process : processes_) {
    if (process <= 0) continue;
    ::kill(-process, SIGKILL);
    ::waitpid(process, nullptr, 0);
  }
}

fs::path RankProcesses::process_folder(int rank) const {
  return fmt::format("/proc/{}", processes_[static_cast<std::size_t>(rank)]);
}

void RankProcesses::signal(int rank, int number) const {
  ::kill(processes_[static_cast<std::size_t>(rank)], number);
}

bool RankProcesses::handles(int rank, const std::string& program, int number) const {
  const fs::path folder = process_folder(rank);
  std::error_code ignored;
  if (fs::read_symlink(folder / "exe", ignored).filename() != program) return false;
  const std::string field = "SigCgt:";
  std::string line;
  for (std::ifstream lines(folder / "status"); std::getline(lines, line);) {
    if (line.rfind(field, 0) != 0) continue;
    return (std::stoull(line.substr(field.size()), nullptr, 16) >> (number - 1) & 1U) != 0;
  }
  return false;
}

bool RankProcesses::is_connected(int rank, int port) const {
  std::set<std::string> sockets;
  std::error_code ignored;
  for (fs::directory_iterator it(process_folder(rank) / "fd", ignored), end; it != end;
       it.increment(ignored)) {
    sockets.insert(fs::read_symlink(it->path(), ignored).string());
  }
  const std::string other_end = fmt::format(":{:04X}", port);
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      const std::vector<std::string> columns{std::istream_iterator<std::string>(words), {}};
      if (columns.size() < 10 || columns[3] != "01") continue;  // 01: established
      const std::string& other = columns[2];
      if (other.substr(std::min(other.size(), other.find(':'))) != other_end) continue;
      if (sockets.count("socket:[" + columns[9] + "]") != 0) return true;
    }
  }
  return false;
}

std::vector<CommandResult> RankProcesses::wait(double seconds) {
  std::vector<CommandResult> results(processes_.size());
  const auto all_ended = [&] {
    bool all = true;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      int status = 0;
      if (processes_[i] > 0 && ::waitpid(processes_[i], &status, WNOHANG) == processes_[i]) {
        results[i].exit_status = exit_status(status);
        processes_[i] = 0;
      }
      all = all && processes_[i] == 0;
    }
    return all;
  };
  if (!until(all_ended, seconds)) {
    for (const pid_t process : processes_) {
      if (process > 0) ::kill(-process, SIGKILL);
    }
    until(all_ended, 10);
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].output = core::read_file(folder_ / fmt::format("{}.out", i));
    results[i].errors = core::read_file(folder_ / fmt::format("{}.err", i));
  }
  return results;
}

bool RankProcesses::until(const std::function<bool()>& done, double seconds) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (!done()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string all_errors(const std::vector<CommandResult>& results) {
  std::string text;
  for (std::size_t i = 0; i < results.size(); ++i) {
    text += fmt::format("rank {} ended with {}: {}{}\n", i, results[i].exit_status,
                        results[i].output, results[i].errors);
  }
  return text;
}

}  // namespace ersatz::test
