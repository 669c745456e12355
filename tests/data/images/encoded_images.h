// Picture files made for tests, byte by byte where no encoder would make them.
#pragma once

#include <turbojpeg.h>

#include <cstdint>
#include <string>

#include "data/images/rgb_image.h"

namespace ersatz::data::test_files {

RgbImage gradient(int width, int height);

// `pixel_format`: TurboJPEG's.
std::string jpeg_of(const RgbImage& image, int pixel_format = TJPF_RGB);

// Big-endian.
void append_number(std::string& bytes, std::uint32_t value);

// A chunk of a PNG with its length and checksum.
std::string chunk(const std::string& type, const std::string& data);

// A PNG with the given scan lines (each begins with its filter byte).
std::string png_of(std::uint32_t width, std::uint32_t height, int depth, int colour_type,
                   const std::string& lines, const std::string& more_chunks = {});

}  // namespace ersatz::data::test_files
