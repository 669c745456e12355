// Pieces of HTML, written so that an XML parser reads them, too.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ersatz::report::html {

// Text as content or as an attribute's value: & < > " ' are escaped; control characters, which XML
// does not allow, become spaces.
std::string escape(std::string_view text);

// Letters, digits and hyphens only, for ids: "corrected.original" -> "corrected-original".
std::string slug(std::string_view text);

// A PNG or SVG file as a data: URI. Error::missing, Error::io.
std::string data_uri(const std::filesystem::path& file);

// A PNG file as a data URI; a large one as JPEG, at most 900 px across, where that is smaller:
// pages with photographs need it. Errors as data::read_image.
std::string picture_uri(const std::filesystem::path& file);

}  // namespace ersatz::report::html
