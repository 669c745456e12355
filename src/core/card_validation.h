// Checks of a card that need more than one of its parts, or other files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/card.h"

namespace ersatz::core {

// Every problem as "file:line: message", in the order of the file's sections; empty when the card
// is sound. `experiment_folder` must be the card's own folder (its name is compared with the id,
// its profiles/ and README.md are looked at); `manifests_folder` holds `<dataset>.toml`.
std::vector<std::string> validate_card(const Card& card,
                                       const std::filesystem::path& experiment_folder,
                                       const std::filesystem::path& manifests_folder);

}  // namespace ersatz::core
