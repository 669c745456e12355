// Colours and markers of plots: Okabe and Ito's palette ("Color Universal Design", 2008), which
// stays distinguishable with every common colour vision deficiency; markers repeat the distinction.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::report {

struct SeriesStyle {
  std::string rgb;        // "#0072B2"
  int filled_marker = 7;  // gnuplot point types: ours
  int open_marker = 6;    // published
};

// Names that a card may use: blue, vermillion, green, purple, orange, sky, black, yellow.
std::vector<std::string> palette_names();

// The style of a named colour; of position `index` when the name is empty. Error::unknown with a
// suggestion otherwise. Positions beyond the palette repeat it.
SeriesStyle series_style(std::string_view color, std::size_t index);

}  // namespace ersatz::report
