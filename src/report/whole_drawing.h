// Whether a drawing is all there: gnuplot ends well even where the disk had no room for its output.
#pragma once

#include <string_view>

namespace ersatz::report {

// All chunks of a PNG to its end, each with the checksum it promises.
bool is_whole_png(std::string_view bytes);

// One root element, every tag closed in its turn.
bool is_whole_svg(std::string_view text);

}  // namespace ersatz::report
