// A drawing as part of an HTML page.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ersatz::report::html {

// The <svg> element of an SVG text: without prolog, every id and every reference to one prefixed
// with `prefix` so that drawings do not take each other's symbols, named `label` for readers who
// do not see it. Its title and description are left out. Error::untrusted naming `file` for
// anything that is not one <svg> element, that holds an element, an attribute or a style that
// gnuplot's drawings have no use for (scripts and event handlers among them), or a reference to
// anything outside itself.
std::string inline_svg(std::string_view svg, std::string_view prefix, std::string_view label,
                       const std::filesystem::path& file);

}  // namespace ersatz::report::html
