// A card as JSON, with its profiles and the state of its data sets.
#pragma once

#include "core/card.h"
#include "core/json.h"

namespace ersatz::cli {

core::Json card_json(const core::Card& card);

}  // namespace ersatz::cli
