// The folder of a copy-paste dataset (dataset.h): what is in it, what is missing, whose it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/shard.h"
#include "data/images/image_file.h"
#include "generate/copy_paste/image_record.h"

namespace ersatz::generate {

inline constexpr std::int64_t kMaxImagesPerClass = 1'000'000;

struct WantedImage {
  std::size_t class_index = 0;
  std::string class_name;
  std::int64_t index = 0;
  std::string file;   // below images_folder()
  bool ours = false;  // of this shard
};

std::filesystem::path images_folder(const std::filesystem::path& folder);
// "kiwi/00007.png".
std::string image_file_name(const std::string& class_name, std::int64_t index,
                            data::ImageFormat format);
std::filesystem::path journal_file(const std::filesystem::path& folder, const core::Shard& shard);
std::filesystem::path lock_file(const std::filesystem::path& folder, const core::Shard& shard);

// Whether nothing was written yet.
bool is_new(const std::filesystem::path& folder);

// Makes the folder one of this recipe. Error::usage when it holds something else or another recipe.
void claim_folder(const std::filesystem::path& folder, const core::Json& recipe);

// Error::usage for a file below images/ that is not one of `wanted`: a reader of the folder would
// take it for an image of the set.
void refuse_other_pictures(const std::filesystem::path& folder,
                           const std::vector<WantedImage>& wanted);

// Removes half-written files of processes that are gone.
void remove_abandoned_files(const std::filesystem::path& folder);

// Those of this shard that have no journal line, or whose file has another size or digest.
std::vector<WantedImage> missing_images(const std::filesystem::path& folder,
                                        const std::vector<WantedImage>& wanted, int threads);

// The records, in the order of `wanted`, of the images that are there by their size.
std::vector<ImageRecord> finished_images(const std::filesystem::path& folder,
                                         const std::vector<WantedImage>& wanted);

}  // namespace ersatz::generate
