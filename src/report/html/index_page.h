// results/index.html: which published claims hold, on one page that needs nothing but itself.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/card.h"
#include "report/interpretation.h"
#include "report/result_record.h"

namespace ersatz::report::html {

// The published results of one profile.
struct ProfileResults {
  std::filesystem::path folder;  // with plots/<id>.svg and pictures/<name>.png
  ResultRecord record;
  Interpretation interpretation;
};

struct ExperimentResults {
  core::Card card;
  // By growing effort; the last one stands in the front table. May be empty.
  std::vector<ProfileResults> profiles;
};

// False for `smoke`: it shows that a program runs, so its numbers are neither kept nor shown.
bool is_published(std::string_view profile);

// Reads a results folder of the card. Errors as read_record.
ProfileResults read_profile_results(const core::Card& card, const std::filesystem::path& folder);

// The page. Drawings and pictures that are not there are named in their place. Depends on nothing
// but its argument: no date, no machine.
std::string index_page(const std::vector<ExperimentResults>& experiments);

}  // namespace ersatz::report::html
