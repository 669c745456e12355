// Ultralytics' data.yaml, and where its pictures' labels are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ersatz::label {

struct YoloDataFile {
  std::vector<std::string> classes;
  std::filesystem::path images;  // below the dataset's folder
};

// folder/data.yaml. `part`: "train", "val" or "test", whose pictures are meant; empty: the first of
// these that the file names, else images/. Error::missing when there is no file; Error::untrusted
// when it is malformed, names a folder elsewhere or of a longer name than file systems take (255
// bytes, 1024 in all), or has no such part.
YoloDataFile read_yolo_data_file(const std::filesystem::path& folder, const std::string& part = {});

// images/train -> labels/train, as Ultralytics looks for them.
std::filesystem::path yolo_labels_folder(const std::filesystem::path& images);

// PNG and JPEG by the name's ending.
bool is_yolo_picture(const std::filesystem::path& file);

}  // namespace ersatz::label
