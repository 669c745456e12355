#include "runner/images/cutout_request.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "core/error.h"
#include "core/progress.h"
#include "core/suggest.h"
#include "data/fetch/safe_path.h"
#include "runner/utf8_arguments.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;

data::PixelBox parse_box(const std::string& text) {
  data::PixelBox box;
  int* const numbers[] = {&box.x, &box.y, &box.width, &box.height};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < 4; ++i) {
    const auto parsed = std::from_chars(at, end, *numbers[i]);
    const bool goes_on = i < 3 ? parsed.ptr != end && *parsed.ptr == ',' : parsed.ptr == end;
    if (parsed.ec != std::errc() || !goes_on) {
      throw Error::usage(fmt::format("--box {} is not of the form x,y,width,height", text),
                         "for example --box 120,80,90,85, in pixels");
    }
    at = parsed.ptr + 1;
  }
  return box;
}

generate::BoxShape parse_shape(const std::string& name) {
  if (name == "box") return generate::BoxShape::kBox;
  if (name == "ellipse") return generate::BoxShape::kEllipse;
  throw core::unknown_name("shape", name, {"box", "ellipse"});
}

// A class becomes a folder of the output.
void require_folder_name(const std::string& name, const std::string& where) {
  const std::string reason = name.find('/') != std::string::npos ? "holds a '/'"
                             : name.front() == '.'               ? "begins with a dot"
                                                                 : data::unsafe_path_reason(name);
  if (reason.empty()) return;
  throw Error::usage(fmt::format("{}: class '{}' cannot be a folder: it {}", where, name, reason));
}

void set_method(const CutoutCommand& options, CutoutRequest& request) {
  const generate::WhiteBackground white{options.tolerance, options.shadow};
  generate::GrabCut grab_cut;
  grab_cut.shape = parse_shape(options.shape);
  grab_cut.iterations = options.iterations;
  if (options.method == "white") {
    if (!options.box.empty() || !options.boxes.empty()) {
      throw Error::usage("method white takes no box", "--method grabcut");
    }
    request.making.method = white;
  } else if (options.method == "grabcut") {
    if (options.box.empty() == options.boxes.empty()) {
      throw Error::usage("method grabcut needs to be told where the thing is",
                         "--box x,y,width,height or --boxes FILE");
    }
    if (!options.box.empty()) grab_cut.box = parse_box(options.box);
    request.making.method = grab_cut;
  } else {
    throw core::unknown_name("method", options.method, {"white", "grabcut"});
  }
}

}  // namespace

CutoutRequest check_cutout(const CutoutCommand& options) {
  core::parse_progress_mode(options.progress);
  require_utf8("--out", options.out);
  CutoutRequest request;
  set_method(options, request);
  request.making.open = options.open;
  request.making.keep_holes = options.keep_holes;
  request.making.feather = options.feather;
  generate::require_valid(request.making);
  if (!options.class_name.empty()) require_folder_name(options.class_name, "--class");
  for (const std::string& photo : options.photos) {
    std::error_code ignored;
    if (!fs::exists(photo, ignored)) throw Error::missing(fmt::format("there is no {}", photo));
  }
  if (!options.boxes.empty()) {
    request.boxes = read_boxes(options.boxes);
    for (const auto& [photo, boxes] : *request.boxes) {
      for (const LabelledBox& one : boxes) {
        if (!one.class_name.empty()) require_folder_name(one.class_name, options.boxes);
      }
    }
  }
  return request;
}

}  // namespace ersatz::runner
