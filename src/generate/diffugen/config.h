// DiffuGen's configuration files (Shenoda 2023, github.com/mshenoda/diffugen @ 504bc72): which
// labelled pictures a dataset consists of. The published files are read unchanged.
//
// Every key is looked at. Unknown keys, wrong types, empty lists and templates that name what is
// not there are errors; what the published code passes over in silence is a remark.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ersatz::generate {

// Two seeds at the least and at the most, both included.
struct SeedRange {
  std::int64_t low = 0, high = 0;
};

struct DiffuGenTextToImage {
  std::string model;
  SeedRange seeds;
  std::int64_t seeds_per_prompt = 1;
  std::int64_t image_count = 0;            // at most so many pictures; 0: all
  std::string embedding, embedding_token;  // textual inversion; empty: none
  std::vector<std::string> objects, views, times, skies, weathers, templates;
  std::string negative_prompt;
};

struct DiffuGenImageToImage {
  std::string model;
  std::filesystem::path source;  // a dataset that was generated before
  std::vector<std::string> times, skies, weathers;
};

struct DiffuGenInpainting {
  std::string model;
  std::filesystem::path source;
  // Object -> what may stand in its place, in the file's order.
  std::vector<std::pair<std::string, std::vector<std::string>>> replacements;
};

// The segmenter of supervised labels.
struct DiffuGenLabelModel {
  std::string type;  // "YOLOSeg"
  std::filesystem::path weights;
  std::filesystem::path classes;  // a text file, one name per line
};

struct DiffuGenRemark {
  std::uint32_t line = 0;
  std::string text;
};

struct DiffuGenConfig {
  std::filesystem::path file;
  std::string dataset_name;
  std::filesystem::path dataset_root;
  std::string image_format = "png";  // or "jpg"
  int width = 512, height = 512;     // px, multiples of 8
  std::int64_t steps = 50;
  std::vector<std::string> classes;
  // Class of the dataset -> class of the segmenter.
  std::vector<std::pair<std::string, std::string>> class_map;
  DiffuGenLabelModel label_model;
  bool unsupervised = false;  // labels from attention
  bool deterministic = true;
  std::int64_t images_per_shard = 500;
  std::optional<DiffuGenTextToImage> txt2img;
  std::optional<DiffuGenImageToImage> img2img;
  std::optional<DiffuGenInpainting> inpaint;
  std::vector<DiffuGenRemark> remarks;  // in the order of lines
};

// Error::at_line (exit 2) for the first mistake in the file, Error::missing when there is no file,
// Error::untrusted for text that is no JSON.
DiffuGenConfig load_diffugen_config(const std::filesystem::path& file);

}  // namespace ersatz::generate
