// Stages with what is photographed: the test set, the few photographs and the cut-outs made from
// them, the backgrounds. Drawn stand-ins where the profile says "scenes".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/photos/image_folder.h"

namespace ersatz::fruit {

inline constexpr const char* kPhotographs = "photographs";
inline constexpr const char* kBackgrounds = "backgrounds";

// The test photographs: drawn ones as files, real ones as the list of those that were chosen.
std::string add_photographs(core::RunContext& run, core::StageGraph& graph);

// Reads them in a later stage that has kPhotographs among its inputs.
class PhotographReader {
 public:
  explicit PhotographReader(core::RunContext& run);
  data::ImageFolder list(const core::StageContext& stage) const;

 private:
  std::filesystem::path root_;  // of the real ones; empty for drawn ones
  std::vector<std::string> classes_;
};

// The files of {"kiwi": ["path below root", ...]}, class after class.
data::ImageFolder read_list(const core::Json& lists, const std::filesystem::path& root,
                            const std::vector<std::string>& classes);

// A few photographs per class and a cut-out from each: photos/<class>/*.png and
// cutouts/<class>/*.png.
std::string add_few_shot(core::RunContext& run, core::StageGraph& graph, std::int64_t draw);

// Pictures without any fruit: drawn ones in a stage (its name is returned), real ones stay where
// they are ("" is returned).
std::string add_backgrounds(core::RunContext& run, core::StageGraph& graph);

// True when everything that is photographed is drawn.
bool is_drawn(const core::Config& config);

}  // namespace ersatz::fruit
