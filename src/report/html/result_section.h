// The part of the page about one profile of one experiment.
#pragma once

#include <string>

#include "core/card.h"
#include "report/html/index_page.h"

namespace ersatz::report::html {

std::string result_section(const core::Card& card, const ProfileResults& results);

}  // namespace ersatz::report::html
