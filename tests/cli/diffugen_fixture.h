// Runs the built `ersatz diffugen run` with a small model and a small configuration.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/generate_fixture.h"
#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::test {

class DatasetWorkshop {
 public:
  // cars.json: 8 pictures of two objects (32 x 32 px, 3 steps), 4 in another sky, 8 with another
  // object.
  DatasetWorkshop();

  std::filesystem::path operator/(const std::string& name) const { return shop_ / name; }
  const std::filesystem::path& model() const { return shop_.model(); }

  // `ersatz diffugen run cars.json <arguments>` with this model; `before` stands before it.
  CommandResult run(const std::string& arguments, const std::string& before = "") const;
  std::string command(const std::string& arguments, const std::string& before = "") const;
  // `ersatz <arguments>` in the folder.
  CommandResult ersatz(const std::string& arguments) const;

  // Replaces the first occurrence in cars.json, which must be there.
  void edit(const std::string& from, const std::string& to) const;

  // Paths (below the folder) of the files in it with this ending, sorted.
  std::vector<std::string> files(const std::string& folder, const std::string& ending) const;
  // Path -> digest of all files but locks.
  std::map<std::string, std::string> content(const std::string& folder) const;
  core::Json json(const std::string& file) const;

 private:
  ImageWorkshop shop_;
};

}  // namespace ersatz::test
