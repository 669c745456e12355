// The folder that one task of a DiffuGen dataset is written to, in the published layout:
//
//   images/0001/car_rear_day_clear_good_1_9369923.png      (or .jpg)
//   attentions/0001/*.png       heat map of the object's name, white where the attention was
//   masks/0001/*.png            the pixels of all objects, white
//   visualizations/0001/*.png   for looking at
//   labels/0001/*.json          written last: a picture is finished when its labels are there
//
// and beside it recipe.json (all that the bytes depend on), skipped/ (img2img and inpaint: records
// of pictures in which no object was found, which are not kept), and the published model's record.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/json.h"
#include "core/shard.h"
#include "data/images/rgb_image.h"
#include "generate/diffugen/task_items.h"
#include "label/diffugen/label_file.h"
#include "label/map_labels.h"

namespace ersatz::runner {

// What is written of a picture.
struct DatasetPicture {
  data::RgbImage picture;
  std::vector<label::WordMap> maps;  // that of the object's name first; may be empty
  std::vector<label::ObjectLabel> labels;
  label::DiffuGenPromptDetails details;
  core::Json source;             // {"file", "sha256"} of what it was made from, or null
  core::Json attention;          // how the maps came about, or null
  std::int64_t layers = 0;       // that they were read from
  bool skip_when_empty = false;  // no labels: keep a record only
};

enum class PictureState { kMissing, kFinished, kSkipped };

class DatasetFolder {
 public:
  // `image_format`: "png" or "jpg", of images/ only. `classes`: names in pictures' captions.
  DatasetFolder(std::filesystem::path folder, std::string image_format,
                std::vector<std::string> classes);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path image_file(const generate::DiffuGenItem& item) const;
  std::filesystem::path label_file(const generate::DiffuGenItem& item) const;
  std::filesystem::path skipped_file(const generate::DiffuGenItem& item) const;

  // Error::usage when the folder holds something else, or pictures of another recipe; names the
  // keys that differ.
  void check(const core::Json& recipe) const;
  // The same, and makes it a folder of this recipe. `model`: written to `model_file` as published.
  void claim(const core::Json& recipe, const std::string& model_file,
             const core::Json& model) const;
  // Held while a process makes the pictures of a shard: two with the same one take turns.
  std::unique_ptr<core::FileLock> lock(const core::Shard& shard) const;
  // Removes half-written files of processes that are gone.
  void remove_abandoned_files() const;

  // Whether a picture is there, with these details and source, and all its files as they were
  // written (by their digests).
  PictureState state(const generate::DiffuGenItem& item,
                     const label::DiffuGenPromptDetails& details, const core::Json& source) const;

  // Writes all files of a picture, the labels last. May be called from several threads.
  void write(const generate::DiffuGenItem& item, const DatasetPicture& picture) const;

 private:
  std::filesystem::path file(const char* kind, const generate::DiffuGenItem& item,
                             const std::string& ending) const;
  core::Json write_file(const std::filesystem::path& file, const std::string& bytes) const;

  std::filesystem::path folder_;
  std::string image_format_;
  std::vector<std::string> classes_;
};

}  // namespace ersatz::runner
