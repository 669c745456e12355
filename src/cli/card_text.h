// A card as a page for the terminal.
#pragma once

#include <string>

#include "core/card.h"

namespace ersatz::cli {

std::string card_text(const core::Card& card);

}  // namespace ersatz::cli
