// What a drawing's <use> elements draw again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <pugixml.hpp>

namespace ersatz::report::html {

// Elements that a browser draws for `root`, those that <use> repeats counted each time. Uses that
// repeat uses double with every step: Error::untrusted naming `file` beyond a million, more than
// 200 in one another, or in a circle. Elements in one another must not be deeper than that already.
std::size_t drawn_elements(const pugi::xml_node& root, const std::filesystem::path& file);

}  // namespace ersatz::report::html
