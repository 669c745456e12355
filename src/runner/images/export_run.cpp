#include "runner/images/export_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "core/printable.h"
#include "core/signals.h"
#include "label/dataset/read_dataset.h"
#include "label/dataset/write_dataset.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using label::LabelledDataset;

// Where a picture is in its place already; what is there then may be the only copy. A copy takes
// the place of a link, a link does not take that of the picture.
bool is_in_place(const fs::path& from, const fs::path& to, bool link) {
  std::error_code error;
  const bool same = fs::equivalent(from, to, error);  // an error where there is no `to`
  return !error && same && (link || !fs::is_symlink(fs::symlink_status(to)));
}

// What killed exports left beside the pictures of `folder`.
void remove_left_pictures(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!fs::is_directory(entry.symlink_status(ignored)) && core::is_abandoned(entry.path())) {
      left.push_back(entry.path());
    }
  }
  for (const fs::path& file : left) fs::remove(file, ignored);
}

// Copies or links a picture; at every moment there is the old file at `to`, or the new one.
void bring_picture(const fs::path& from, const fs::path& to, bool link) {
  if (is_in_place(from, to, link)) return;
  const fs::path partial = core::partial_path(to);
  std::error_code error, ignored;
  fs::remove(partial, ignored);  // of an earlier process with our number
  if (link) {
    fs::create_symlink(from, partial, error);
  } else {
    fs::copy_file(from, partial, error);
  }
  if (!error) fs::rename(partial, to, error);
  if (!error) return;
  fs::remove(partial, ignored);
  throw core::Error::io("write", to, error.value());
}

void bring_pictures(const ExportCommand& options, const LabelledDataset& dataset) {
  std::set<fs::path> folders;
  for (const label::LabelledPicture& picture : dataset.pictures) {
    const fs::path from = fs::absolute(dataset.images / picture.file);
    const fs::path to = fs::path(options.out) / "images" / picture.file;
    std::error_code error;
    const bool is_there = fs::exists(from, error);
    if (error) throw core::Error::io("read", from, error.value());
    if (!is_there) {
      throw core::Error::missing(fmt::format("there is no picture {}", from.string()),
                                 "--images names the folder of the pictures");
    }
    core::make_directories(to.parent_path());
    if (folders.insert(to.parent_path()).second) remove_left_pictures(to.parent_path());
    bring_picture(from, to, options.pictures == "link");
    core::stop_point();
  }
}

// What the format cannot say.
void warn_of_losses(const ExportCommand& options, const LabelledDataset& dataset) {
  std::int64_t outlines = 0, crowds = 0, divided = 0;
  std::size_t parts = 0;
  for (const label::LabelledPicture& picture : dataset.pictures) {
    for (const label::AnnotatedObject& object : picture.objects) {
      outlines += object.outlines.empty() ? 0 : 1;
      crowds += object.crowd ? 1 : 0;
      if (object.outlines.size() < 2) continue;
      ++divided;
      parts += object.outlines.size();
    }
  }
  if (outlines > 0 && (options.to == "yolo" || options.to == "voc")) {
    core::log_warning(
        fmt::format("{} has boxes only: {} outlines are left out", options.to, outlines));
  }
  if (divided > 0 && options.to == "yolo-segment") {
    core::log_warning(fmt::format(
        "{} objects of several parts become {} objects of one part: yolo-segment has a line for "
        "each part",
        divided, parts));
  }
  for (const std::string& name : label::repeated_classes(dataset.classes)) {
    core::log_warning(
        fmt::format("several classes are called '{}': they stay apart by their numbers",
                    core::printable(name)));
  }
  const bool knows_crowds = options.to == "coco" || options.to == "imagefolder" ||
                            options.to == "croissant" || options.to == "label-studio";
  if (crowds > 0 && !knows_crowds) {
    core::log_warning(
        fmt::format("{} objects are marked as crowds, which {} does not know", crowds, options.to));
  }
}

}  // namespace

void run_export(const ExportCommand& options) try {
  check_export(options);
  const LabelledDataset dataset = label::read_dataset(options.input, options.from, options.images);
  label::write_dataset(dataset, options.to, options.out);
  warn_of_losses(options, dataset);
  if (options.pictures != "none") bring_pictures(options, dataset);
  std::size_t objects = 0;
  for (const label::LabelledPicture& picture : dataset.pictures) objects += picture.objects.size();
  if (options.json) {
    const core::Json summary = {{"out", options.out},
                                {"pictures", dataset.pictures.size()},
                                {"objects", objects},
                                {"classes", dataset.classes}};
    std::printf("%s\n", summary.dump(2).c_str());
  } else {
    std::printf("%s: %zu pictures, %zu objects, %zu classes\n", options.out.c_str(),
                dataset.pictures.size(), objects, dataset.classes.size());
  }
} catch (const core::Interrupted& interrupted) {
  throw interrupted.with_hint("the same command with --overwrite starts again");
}

}  // namespace ersatz::runner
