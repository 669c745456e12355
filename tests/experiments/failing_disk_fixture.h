// Runs of experiments on a disk that fails (support/failing_calls.cpp), and an experiment so small
// that it can be run for every single call.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "experiments/run_fixture.h"

namespace ersatz::test {

// Of the calls that change something below `folder` (all processes of the run together) the one
// with the number `call` (1 is the first, 0 none) fails with `error` (an errno value); with
// `for_good`, all after it as well.
struct Failure {
  std::filesystem::path folder;
  long call = 0;
  int error = 0;
  bool for_good = false;
};

struct FailingRun {
  CommandResult result;
  long calls = 0;  // that change something below the folder
};

FailingRun run_failing(const ExperimentRun& run, const std::string& arguments,
                       const Failure& failure, const std::string& environment = "");

// What a run says that ends because of such a failure: an exit status that tells of the disk, and a
// message with the reason and the name of a file below the folder.
void expect_disk_error(const CommandResult& result, const Failure& failure);

// Path below a folder -> bytes.
using Files = std::map<std::string, std::string>;

// All files below `folder`; none when it is not there.
Files files_below(const std::filesystem::path& folder);

// What a cache keeps that depends on nothing but the settings: without the records of when a stage
// ran and for how long, the speed in the logs of trainings, the order of journals, and locks.
Files cache_files(const std::filesystem::path& cache);

// The names of files that only one of them has or that differ.
std::vector<std::string> differing(const Files& found, const Files& expected);

// A project whose only experiment is mnist, with a card of one table and one figure and a profile
// `small`: one GAN, two classifiers and two scores in half a second of computing.
class SmallProject {
 public:
  explicit SmallProject(int seed);
  // Assignments for a run on this project.
  std::string environment() const;

 private:
  TemporaryFolder folder_;
};

}  // namespace ersatz::test
