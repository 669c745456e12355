#include "assets/mini_sd_samples.h"

#include <fmt/format.h>

#include <stdexcept>

#include "core/project.h"
#include "data/images/image_file.h"
#include "support/test_support.h"

namespace ersatz::test {

namespace fs = std::filesystem;

fs::path mini_sd() { return core::Project::get().assets() / "mini-sd"; }

bool has_mini_sd() { return fs::exists(mini_sd() / "model_index.json"); }

std::vector<Sample> make_samples(const SampleRequest& request) {
  const TemporaryFolder folder;
  std::string command = fmt::format(
      "'{}/ersatz-diffusion' generate txt2img --model '{}' --prompt '{}' --count {} --batch {} "
      "--seed {} --guidance {} --steps {} --out '{}' --quiet",
      ERSATZ_BIN_DIR, (request.model.empty() ? mini_sd() : request.model).string(), request.prompt,
      request.count, std::min<std::int64_t>(request.count, 20), request.seed, request.guidance,
      request.steps, folder.path().string());
  for (const std::string& word : request.words) command += fmt::format(" --attention '{}'", word);
  if (!request.embedding.empty()) {
    command += fmt::format(" --embedding '{}'", request.embedding.string());
  }
  const CommandResult result = run_command(command);
  if (result.exit_status != 0) throw std::runtime_error(command + "\n" + result.errors);
  std::vector<Sample> samples;
  for (std::int64_t i = 0; i < request.count; ++i) {
    const std::string stem =
        fmt::format("{:05}_{}", i, request.seed + static_cast<std::uint64_t>(i));
    Sample sample{data::read_image(folder / (stem + ".png")), {}};
    for (const std::string& word : request.words) {
      sample.heat_maps.push_back(
          data::read_image(folder / fmt::format("{}.{}.attention.png", stem, word)));
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

data::PhotoSet photos_of(const std::vector<Sample>& samples,
                         const std::vector<std::string>& classes, std::uint8_t label, int side) {
  return data::prepare_photos(
      classes, std::vector<std::uint8_t>(samples.size(), label),
      [&](std::int64_t i) { return samples[static_cast<std::size_t>(i)].picture; }, {side, side});
}

}  // namespace ersatz::test
