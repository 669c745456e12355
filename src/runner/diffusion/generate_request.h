// What `generate` was asked for, checked as far as that is possible without a model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "runner/diffusion/generate_options.h"

namespace ersatz::runner {

enum class GenerateMode { kTextToImage, kImageToImage, kInpaint };
const char* generate_mode_name(GenerateMode mode);  // "txt2img"

// One picture of the run.
struct ImageTask {
  std::int64_t index = 0;  // in the whole run, over all shards
  std::string prompt, negative;
  std::uint64_t seed = 0;
  std::string stem() const;  // "00007_1007": its files' name without extension
};

struct PictureSize {
  int width = 0, height = 0;  // px
};

// Of "--size WxH". Error::usage for other text, and for sides that are no multiples of 8.
PictureSize parse_picture_size(const std::string& text);

struct EmbeddingFile {
  std::filesystem::path file;
  std::string token;  // empty: what the file says
};

struct LoraFile {
  std::filesystem::path file;
  double scale = 1;
};

struct GenerateRequest {
  GenerateMode mode = GenerateMode::kTextToImage;
  std::vector<ImageTask> images;  // of this shard, by index
  std::int64_t total = 0;         // of all shards
  std::optional<PictureSize> size;
  std::optional<data::RgbImage> image;
  std::optional<data::GreyImage> mask;
  double strength = 1;
  std::vector<EmbeddingFile> embeddings;
  std::vector<LoraFile> loras;
};

// Reads prompts and pictures, and refuses what cannot work: Error::usage (2) for wrong options,
// text that is not UTF-8, sizes that are no multiple of 8, a mask of another size than its picture;
// Error::missing (40) for files that are not there; Error::untrusted (30) for damaged pictures.
GenerateRequest check_generate(const GenerateOptions& options);

}  // namespace ersatz::runner
