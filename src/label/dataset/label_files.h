// The label files of formats that have one for each picture.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {

class LabelFiles {
 public:
  // In `folder`, called like the picture with `ending` (".txt") instead of its own.
  LabelFiles(std::filesystem::path folder, std::string ending);

  // Error::usage naming both when an earlier picture has the same: a.png and a.jpg.
  std::filesystem::path of(const LabelledPicture& picture);

 private:
  std::filesystem::path folder_;
  std::string ending_;
  std::map<std::filesystem::path, std::string> pictures_;
};

}  // namespace ersatz::label
