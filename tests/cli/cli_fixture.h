// Runs the built `ersatz` against a small project of its own, in a temporary folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::test {

// A project with one experiment, "toy" (profiles paper and mini; gates for mini), and one data
// set, "toy-data", that comes from nowhere. Everything may be changed by the test.
class ToyProject {
 public:
  ToyProject();

  std::filesystem::path root() const { return folder_ / "project"; }
  std::filesystem::path runs() const { return folder_ / "runs"; }
  std::filesystem::path results() const { return folder_ / "results"; }
  std::filesystem::path cache() const { return folder_ / "cache"; }
  std::filesystem::path bin() const { return folder_ / "bin"; }

  // Runs `ersatz <arguments>` on this project; `environment` are further assignments.
  CommandResult ersatz(const std::string& arguments, const std::string& environment = "") const;

  // Writes a file below the project's root.
  void write(const std::string& path, const std::string& text) const;
  // Replaces the first occurrence of `from`, which must be there.
  void edit(const std::string& path, const std::string& from, const std::string& to) const;

  // results/toy/<profile>/metrics.json with the metric `accuracy` (%, three seeds) at `value`.
  void write_results(const std::string& profile, double value) const;

  // A run folder in the given state. `alive`: as if this test were running it. The plan names one
  // stage of kind "train" per key.
  std::filesystem::path add_run(const std::string& profile, const std::string& name,
                                const std::string& state, bool alive = false,
                                const std::vector<std::string>& keys = {}) const;

  // A finished (or, with `partial`, an unfinished) stage output of 1000 bytes.
  std::filesystem::path add_stage_output(const std::string& key, bool partial = false) const;

  // Makes `ersatz` run from a folder of its own, beside a program reproduce-toy that prints its
  // arguments and environment.
  void use_own_program();

 private:
  TemporaryFolder folder_;
  std::filesystem::path program_;
};

// Runs the built `ersatz` on the real project, with temporary runs, results and cache.
CommandResult ersatz_here(const std::string& arguments, const std::string& environment = "");

// What the completion offers for `option` ("--dtype") of `command` ("train lora"), sorted.
std::vector<std::string> offered_values(const std::string& command, const std::string& option);

std::filesystem::path source_root();
std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace ersatz::test
