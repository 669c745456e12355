// Several ranks of a program as child processes on this machine.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/test_support.h"

namespace ersatz::test {

// A TCP port that was free a moment ago.
int free_port();

class RankProcesses {
 public:
  // Starts `command` (for a shell, which becomes it) `size` times with what torchrun would set.
  // `around`: makes the command line of a rank from the whole one, to start it in another way.
  RankProcesses(int size, const std::string& command,
                const std::function<std::string(int rank, const std::string&)>& around = {});
  ~RankProcesses();  // ends those that still run
  RankProcesses(const RankProcesses&) = delete;
  RankProcesses& operator=(const RankProcesses&) = delete;

  void signal(int rank, int number) const;
  // Whether the rank has become `program` and handles the signal.
  bool handles(int rank, const std::string& program, int number) const;
  // Whether the rank has a connection to this port.
  bool is_connected(int rank, int port) const;
  // Waits for the ends of all, at most `seconds` from now, after which they are killed (and their
  // exit status is 128 + SIGKILL).
  std::vector<CommandResult> wait(double seconds = 120);
  // Whether `done` became true within `seconds`.
  static bool until(const std::function<bool()>& done, double seconds = 60);

 private:
  std::filesystem::path process_folder(int rank) const;

  TemporaryFolder folder_;
  std::vector<pid_t> processes_;
};

// Of all of them, for messages of tests.
std::string all_errors(const std::vector<CommandResult>& results);

}  // namespace ersatz::test
