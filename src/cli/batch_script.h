// A batch script for Slurm that runs a list of `ersatz` commands.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ersatz::cli {

struct BatchJob {
  std::string name;                                // of the job
  std::vector<std::vector<std::string>> commands;  // words after "ersatz"; several: an array
  std::string program;                             // path of `ersatz`
  // Environment variables the commands need, in this order.
  std::vector<std::pair<std::string, std::string>> environment;

  std::string partition, account, time, memory, output;  // as sbatch takes them; empty: its default
  std::int64_t tasks = 1;                                // ranks of every command
  std::int64_t nodes = 0;                                // 0: as Slurm likes
  std::int64_t cpus = 0;                                 // per task; 0: Slurm's default
  std::int64_t gpus = 0;                                 // per task
  std::int64_t throttle = 0;                             // elements at a time; 0: all
  std::int64_t stop_before =
      60;  // seconds before the end of the time that commands are interrupted
};

// `word` as one word of a POSIX shell, whatever is in it. Error::usage for a NUL byte.
std::string shell_quoted(const std::string& word);

// The script. Error::usage for a value that is not of the form sbatch takes: a line of it must not
// be able to become another option or a command.
std::string batch_script(const BatchJob& job);

}  // namespace ersatz::cli
