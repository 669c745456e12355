// Runs the built `ersatz generate` with a small model.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/images/rgb_image.h"
#include "support/test_support.h"

namespace ersatz::test {

// A folder with a small model, inputs and outputs. The model is `tiny` of the shared fixtures, or
// one with random weights of the same kind where they are not at hand.
class ImageWorkshop {
 public:
  ImageWorkshop();

  const std::filesystem::path& model() const { return model_; }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

  // `ersatz generate <arguments>`, with this model, and 3 steps, DDIM, 32x32 pixels unless it says
  // otherwise.
  CommandResult generate(const std::string& arguments) const;
  // The same, ended by `signal` (KILL, INT) as soon as there is `file`.
  CommandResult stopped(const std::string& arguments, const std::string& file,
                        const std::string& signal) const;
  // Only the end of it: `ersatz generate <arguments>` with nothing added.
  CommandResult generate_as_it_is(const std::string& arguments) const;
  // The command that generate() runs, for a shell.
  std::string command(const std::string& arguments) const;

  // Writes a picture of horizontal and vertical gradients, or a mask whose left half is white.
  std::filesystem::path picture(const std::string& name, int width, int height) const;
  std::filesystem::path mask(const std::string& name, int width, int height) const;

  // Names of the files in a folder, sorted.
  std::vector<std::string> files(const std::string& folder) const;
  core::Json sidecar(const std::string& file) const;
  std::string bytes(const std::string& file) const;

 private:
  TemporaryFolder folder_;
  std::filesystem::path model_;
};

// The largest difference of two pictures' values; 256 when their sizes differ.
int largest_difference(const data::RgbImage& a, const data::RgbImage& b);

}  // namespace ersatz::test
