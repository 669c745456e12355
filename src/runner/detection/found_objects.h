// What was found in each picture, kept on disk while a run goes on, and the files made of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/json.h"
#include "models/detection/object_finder.h"
#include "runner/detection/picture_list.h"

namespace ersatz::runner {

struct PictureObjects {
  std::string name;
  int width = 0, height = 0;  // px
  std::vector<models::FoundObject> objects;
  std::string sha256;  // of the picture's file
  // SHA-256 of what else the objects were made of, such as heat maps; empty: of nothing.
  std::string hints;
};

// found.jsonl in `folder`: the settings on the first line, then a line per picture. A run that was
// stopped goes on behind the last whole line. As long as this lives, another one of the same folder
// waits: files of two runs would not fit together.
class FoundObjects {
 public:
  // Reads what is there. Error::usage for a folder that holds something else, and naming the
  // settings that differ, unless there is no picture yet or `overwrite`, which begins anew;
  // Error::untrusted for lines that are none of ours.
  FoundObjects(const std::filesystem::path& folder, const core::Json& settings, bool overwrite);

  // Takes out the rows of those `pictures` that are other files now than those that were looked at
  // (SHA-256; `hints` of a picture's index as in PictureObjects), and rows that do not tell.
  void forget_changed(const std::vector<ListedPicture>& pictures,
                      const std::function<std::string(std::size_t)>& hints);

  bool has(const std::string& name) const { return places_.count(name) != 0; }
  void add(PictureObjects objects);
  const PictureObjects& at(const std::string& name) const;

 private:
  std::filesystem::path file_;
  core::FileLock lock_;
  std::string settings_line_;
  std::vector<PictureObjects> pictures_;
  std::map<std::string, std::size_t> places_;
};

// COCO's results: [{"image_id", "category_id", "bbox", "score", "segmentation"}], in the order of
// the pictures, best first. Classes without a category are left out; returns how many objects were.
std::int64_t write_coco_results(const std::filesystem::path& file,
                                const std::vector<ListedPicture>& pictures,
                                const FoundObjects& found,
                                const std::map<std::int64_t, std::int64_t>& categories);

// A labelled dataset in `folder` (label/dataset/write_dataset.h), "coco" as instances.json.
// `origin`: what found the objects, for each of them.
void write_found_dataset(const std::filesystem::path& folder, const std::string& format,
                         const std::filesystem::path& images,
                         const std::vector<ListedPicture>& pictures, const FoundObjects& found,
                         const std::vector<std::string>& classes, const std::string& origin);

}  // namespace ersatz::runner
