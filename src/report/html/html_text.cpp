#include "report/html/html_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/file_system.h"
#include "data/images/image_file.h"
#include "data/images/jpeg_codec.h"
#include "data/images/resize.h"

namespace ersatz::report::html {
namespace {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t there = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < there ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= there ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return text;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return escaped;
}

std::string slug(std::string_view text) {
  std::string name;
  for (const char c : text) name += is_plain(c) ? c : '-';
  return name;
}

std::string data_uri(const std::filesystem::path& file) {
  const char* type = file.extension() == ".svg" ? "image/svg+xml" : "image/png";
  return fmt::format("data:{};base64,{}", type, base64(core::read_file(file)));
}

std::string picture_uri(const std::filesystem::path& file) {
  constexpr std::uintmax_t kLarge = 100'000;
  constexpr int kQuality = 65;
  // Across, as wide as the page shows them; in all, for tall sheets of many rows.
  constexpr double kMostAcross = 900, kMostPixels = 0.85e6;
  const std::uintmax_t size = std::filesystem::file_size(file);
  if (size <= kLarge) return data_uri(file);
  data::RgbImage picture = data::read_image(file);
  const double width = picture.width, height = picture.height;
  const double scale = std::min(kMostAcross / width, std::sqrt(kMostPixels / (width * height)));
  if (scale < 1) {
    picture = data::resize_bilinear(picture, std::max(1, static_cast<int>(width * scale)),
                                    std::max(1, static_cast<int>(height * scale)));
  }
  const std::string jpeg = data::encode_jpeg(picture, kQuality);
  // Enlarged small pictures have sharp edges, which take more as JPEG.
  if (jpeg.size() >= size) return data_uri(file);
  return fmt::format("data:image/jpeg;base64,{}", base64(jpeg));
}

}  // namespace ersatz::report::html
