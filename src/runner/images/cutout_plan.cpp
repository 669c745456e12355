#include "runner/images/cutout_plan.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "generate/copy_paste/picture_files.h"
#include "runner/images/cutout_record.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;

struct Photo {
  fs::path path;
  std::string name;
};

// `wanted` of `photos`, evenly spread: the first of each of `wanted` equal parts.
std::vector<Photo> spread(const std::vector<Photo>& photos, std::int64_t wanted) {
  const auto all = static_cast<std::int64_t>(photos.size());
  if (wanted == 0 || wanted >= all) return photos;
  std::vector<Photo> some;
  for (std::int64_t i = 0; i < wanted; ++i) {
    some.push_back(photos[static_cast<std::size_t>(i * all / wanted)]);
  }
  return some;
}

std::vector<Photo> photos_of(const CutoutCommand& options) {
  std::vector<Photo> photos;
  for (const std::string& argument : options.photos) {
    std::error_code ignored;
    if (!fs::is_directory(argument, ignored)) {
      generate::require_utf8_path(argument);
      photos.push_back({argument, fs::path(argument).filename().string()});
      continue;
    }
    generate::require_outside(argument, options.out);
    std::map<fs::path, std::vector<Photo>> folders;
    for (const fs::path& file :
         generate::picture_files(argument, {".png", ".jpg", ".jpeg"}, options.out)) {
      folders[file.parent_path()].push_back({fs::path(argument) / file, file.generic_string()});
    }
    for (const auto& [folder, inside] : folders) {
      const std::vector<Photo> some = spread(inside, options.count);
      photos.insert(photos.end(), some.begin(), some.end());
    }
  }
  if (photos.empty()) {
    throw Error::missing(fmt::format("there is no photo: no PNG or JPEG file in {}",
                                     fmt::join(options.photos, ", ")));
  }
  return photos;
}

// "<class>/<stem><suffix>.png"; a photo keeps the folders it is in unless it has a class.
std::string output_file(const std::string& photo, const std::string& class_name,
                        const std::string& suffix) {
  const fs::path path(photo);
  const fs::path folder = class_name.empty() ? path.parent_path() : fs::path(class_name);
  return (folder / (path.stem().string() + suffix + ".png")).generic_string();
}

void plan_boxes(const Photo& photo, const std::vector<LabelledBox>& boxes,
                const CutoutCommand& options, const CutoutRequest& request,
                std::vector<PlannedCutout>& plan) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    PlannedCutout one{photo.path, photo.name, {}, request.making, true};
    std::get<generate::GrabCut>(one.making.method).box = boxes[i].box;
    one.file = output_file(photo.name,
                           boxes[i].class_name.empty() ? options.class_name : boxes[i].class_name,
                           boxes.size() == 1 ? "" : fmt::format("_{}", i + 1));
    plan.push_back(std::move(one));
  }
}

void refuse_clashes(const std::vector<PlannedCutout>& plan) {
  std::map<std::string, std::string> photos;
  for (const PlannedCutout& one : plan) {
    const auto [other, fresh] = photos.emplace(one.file, one.photo.string());
    if (fresh) continue;
    throw Error::usage(fmt::format("the cut-outs of {} and {} would both be {}", other->second,
                                   one.photo.string(), one.file),
                       "rename a photo, or cut them out into two folders");
  }
}

// The file that a rename to `path` would replace: links in its folder count, one that it is itself
// does not.
fs::path place_of(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  return fs::weakly_canonical(folder) / path.filename();
}

// Photos of folders are not in --out; those that were named may be.
void refuse_places(const std::vector<PlannedCutout>& plan, const CutoutCommand& options) {
  std::set<fs::path> photos;
  for (const std::string& argument : options.photos) {
    photos.insert(place_of(argument));
    photos.insert(fs::weakly_canonical(argument));
  }
  for (const PlannedCutout& one : plan) {
    const std::string top = fs::path(one.file).begin()->string();
    if (top == kCutoutRecord || top == kCutoutSheet) {
      throw Error::usage(fmt::format("the cut-out of {} would be {}, which has another use in {}",
                                     one.photo.string(), one.file, options.out),
                         "rename the photo, or --class NAME puts it into a folder");
    }
    if (photos.count(place_of(fs::path(options.out) / one.file)) == 0) continue;
    throw Error::usage(fmt::format("the cut-out of {} would replace the photo {}",
                                   one.photo.string(), (fs::path(options.out) / one.file).string()),
                       "another folder for --out");
  }
}

}  // namespace

std::vector<PlannedCutout> plan_cutouts(const CutoutCommand& options,
                                        const CutoutRequest& request) {
  std::vector<PlannedCutout> plan;
  std::set<std::string> used;
  std::size_t without = 0;
  for (const Photo& photo : photos_of(options)) {
    if (!request.boxes) {
      plan.push_back({photo.path, photo.name, output_file(photo.name, options.class_name, ""),
                      request.making, false});
      continue;
    }
    const auto boxes = request.boxes->find(photo.name);
    if (boxes == request.boxes->end()) {
      ++without;
      continue;
    }
    used.insert(photo.name);
    plan_boxes(photo, boxes->second, options, request, plan);
  }
  if (request.boxes) {
    for (const auto& [name, boxes] : *request.boxes) {
      if (used.count(name) != 0 || options.count != 0) continue;
      throw Error::missing(
          fmt::format("{} has a box in {}, but is not among the photos", name, options.boxes),
          "photos are named by their path below the folder that is given");
    }
    if (without > 0) core::log_info(fmt::format("{} photos have no box", without));
    if (plan.empty()) throw Error::missing("none of the photos has a box");
  }
  refuse_clashes(plan);
  refuse_places(plan, options);
  return plan;
}

}  // namespace ersatz::runner
