#include "runner/images/copy_paste_request.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/progress.h"
#include "core/suggest.h"
#include "runner/utf8_arguments.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using generate::CopyPasteMode;
using generate::ScaleReference;
using generate::VariationRange;

bool parse_number(std::string_view text, double& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

void parse_scale(const std::string& text, VariationRange& range) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos ||
      !parse_number(std::string_view(text).substr(0, colon), range.scale_low) ||
      !parse_number(std::string_view(text).substr(colon + 1), range.scale_high)) {
    throw Error::usage(fmt::format("--scale {} is not of the form LO:HI", text),
                       "for example --scale 0.5:1.5");
  }
}

ScaleReference parse_scale_of(const std::string& text) {
  if (text == "native") return ScaleReference::kNative;
  if (text == "background") return ScaleReference::kBackground;
  throw core::unknown_name("reference of --scale-of", text, {"native", "background"});
}

void set(const std::optional<double>& given, double& value) {
  if (given) value = *given;
}

bool any_variation(const CopyPasteCommand& options) {
  return options.scale || options.scale_of || options.rotation || options.flip_horizontal ||
         options.flip_vertical || options.feather || options.brightness || options.contrast ||
         options.saturation || options.hue;
}

VariationRange variation_of(const CopyPasteCommand& options) {
  VariationRange range;
  if (options.scale) parse_scale(*options.scale, range);
  if (options.scale_of) range.scale_of = parse_scale_of(*options.scale_of);
  set(options.rotation, range.rotation);
  set(options.flip_horizontal, range.flip_horizontal);
  set(options.flip_vertical, range.flip_vertical);
  set(options.feather, range.feather);
  set(options.brightness, range.brightness);
  set(options.contrast, range.contrast);
  set(options.saturation, range.saturation);
  set(options.hue, range.hue);
  generate::require_valid(range);
  return range;
}

data::ImageFormat parse_format(const std::string& name) {
  if (name == "png") return data::ImageFormat::kPng;
  if (name == "jpeg" || name == "jpg") return data::ImageFormat::kJpeg;
  throw core::unknown_name("image format", name, {"png", "jpeg"});
}

void require_folder(const std::string& folder, const char* what) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw Error::missing(fmt::format("there is no folder {} ({})", folder, what));
  }
}

}  // namespace

CopyPasteRequest check_copy_paste(const CopyPasteCommand& options) {
  core::parse_progress_mode(options.progress);
  require_utf8("--out", options.out);
  CopyPasteRequest request;
  request.choice = {options.classes, options.masks_per_class, options.seed};
  request.making.mode = generate::parse_copy_paste_mode(options.mode);
  request.making.seed = options.seed;
  request.making.max_per_image = options.max_per_image;
  if (request.making.mode == CopyPasteMode::kVaried) {
    request.making.variation = variation_of(options);
  } else if (any_variation(options)) {
    throw Error::usage(
        fmt::format("scale, rotation, flips, feather and colours are not varied in mode {}",
                    options.mode),
        "--mode roboflow");
  }
  request.dataset.per_class = options.count;
  request.dataset.format = parse_format(options.format);
  request.dataset.jpeg_quality = options.quality;
  request.dataset.shard = core::parse_shard(options.shard);
  request.dataset.threads = options.threads;
  require_folder(options.masks, "--masks");
  require_folder(options.backgrounds, "--backgrounds");
  return request;
}

}  // namespace ersatz::runner
