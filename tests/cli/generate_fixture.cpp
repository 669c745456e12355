#include "cli/generate_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "cli/cli_fixture.h"
#include "data/images/png_codec.h"

namespace ersatz::test {

namespace fs = std::filesystem;

ImageWorkshop::ImageWorkshop() {
  const fs::path shared = shared_folder();
  model_ = shared.empty() ? fs::path() : shared / "fixtures/models/tiny";
  if (!model_.empty() && fs::exists(model_)) return;
  model_ = folder_ / "model";
  const CommandResult made =
      ersatz_here(fmt::format("weights random --arch tiny --out '{}'", model_.string()));
  EXPECT_EQ(made.exit_status, 0) << made.errors;
}

std::string ImageWorkshop::command(const std::string& arguments) const {
  std::string line =
      fmt::format("ERSATZ_HOME='{}' '{}/ersatz' generate {} --model '{}'", source_root().string(),
                  ERSATZ_BIN_DIR, arguments, model_.string());
  for (const auto& [option, value] :
       {std::pair("--steps", "3"), {"--scheduler", "ddim"}, {"--size", "32x32"}}) {
    if (arguments.find(option) == std::string::npos) line += fmt::format(" {} {}", option, value);
  }
  return line;
}

CommandResult ImageWorkshop::generate(const std::string& arguments) const {
  return run_command(fmt::format("cd '{}' && {}", folder_.path().string(), command(arguments)));
}

CommandResult ImageWorkshop::stopped(const std::string& arguments, const std::string& file,
                                     const std::string& signal) const {
  return run_command(
      fmt::format("cd '{}'\n(exec env {}) &\nprogram=$!\n"
                  "for i in $(seq 1500); do [ -e '{}' ] && break; sleep 0.02; done\n"
                  "kill -{} $program\nwait $program",
                  folder_.path().string(), command(arguments), file, signal));
}

CommandResult ImageWorkshop::generate_as_it_is(const std::string& arguments) const {
  return run_command(fmt::format("cd '{}' && ERSATZ_HOME='{}' '{}/ersatz' generate {}",
                                 folder_.path().string(), source_root().string(), ERSATZ_BIN_DIR,
                                 arguments));
}

fs::path ImageWorkshop::picture(const std::string& name, int width, int height) const {
  data::RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {255 * x / width, 255 * y / height, 128}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  write_text(folder_ / name, data::encode_png(image));
  return folder_ / name;
}

fs::path ImageWorkshop::mask(const std::string& name, int width, int height) const {
  data::GreyImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) image.pixels.push_back(2 * x < width ? 255 : 0);
  }
  write_text(folder_ / name, data::encode_png(image));
  return folder_ / name;
}

std::vector<std::string> ImageWorkshop::files(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_ / folder, ignored)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

core::Json ImageWorkshop::sidecar(const std::string& file) const {
  return core::read_json(folder_ / file);
}

std::string ImageWorkshop::bytes(const std::string& file) const {
  return read_text(folder_ / file);
}

int largest_difference(const data::RgbImage& a, const data::RgbImage& b) {
  if (a.width != b.width || a.height != b.height) return 256;
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<int>(a.pixels[i]) - b.pixels[i]));
  }
  return largest;
}

}  // namespace ersatz::test
