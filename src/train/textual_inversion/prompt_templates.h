// The sentences around a new word while it is learned: "a photo of a {}".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::train {

// For a thing, and for a manner of painting. Plain sentences that vary what is not to be learned
// (light, size, sharpness, framing), as Gal et al. 2022 (appendix C) derive theirs from CLIP's.
const std::vector<std::string>& object_templates();
const std::vector<std::string>& style_templates();

// How many "{}" it has.
std::int64_t count_blanks(std::string_view sentence);
// `text` in place of every "{}".
std::string fill_template(std::string_view sentence, std::string_view text);

// Error::usage naming `where` (a file, an option) and the template that has no "{}", or saying that
// there is no template at all.
void check_templates(const std::vector<std::string>& templates, std::string_view where);

}  // namespace ersatz::train
