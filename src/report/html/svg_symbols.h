// What a drawing draws again and again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <pugixml.hpp>

namespace ersatz::report::html {

// Elements that a browser draws for `root`, those that are referred to (by <use>, as a mask,
// pattern, clip or filter) counted each time. References in what is referred to multiply with every
// step: Error::untrusted naming `file` beyond a million elements, more than 500 in one another,
// or in a circle.
std::size_t drawn_elements(const pugi::xml_node& root, const std::filesystem::path& file);

}  // namespace ersatz::report::html
