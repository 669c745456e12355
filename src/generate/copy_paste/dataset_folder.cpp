#include "generate/copy_paste/dataset_folder.h"

#include <fmt/format.h>

#include <set>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/signals.h"
#include "data/digits/parallel_blocks.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

fs::path recipe_file(const fs::path& folder) { return folder / "recipe.json"; }
fs::path journal_folder(const fs::path& folder) { return folder / "journal"; }

std::string shard_name(const core::Shard& shard) {
  return fmt::format("{}-of-{}", shard.index, shard.count);
}

bool has_size(const fs::path& file, std::uint64_t bytes) {
  std::error_code error;
  return fs::is_regular_file(file, error) && fs::file_size(file, error) == bytes && !error;
}

bool is_whole(const fs::path& folder, const ImageRecord& record) {
  const fs::path file = images_folder(folder) / record.file;
  return has_size(file, record.bytes) && core::sha256_file(file) == record.sha256;
}

// A folder that is not there holds nothing; one that cannot be listed may hold anything.
void require_listed(const fs::path& folder, const std::error_code& error) {
  if (!error || error == std::errc::no_such_file_or_directory) return;
  throw Error::io("list", folder, error.value());
}

}  // namespace

fs::path images_folder(const fs::path& folder) { return folder / "images"; }

std::string image_file_name(const std::string& class_name, std::int64_t index,
                            data::ImageFormat format) {
  return fmt::format("{}/{:05}.{}", class_name, index,
                     format == data::ImageFormat::kPng ? "png" : "jpg");
}

fs::path journal_file(const fs::path& folder, const core::Shard& shard) {
  return journal_folder(folder) / (shard_name(shard) + ".jsonl");
}

fs::path lock_file(const fs::path& folder, const core::Shard& shard) {
  return journal_folder(folder) / (shard_name(shard) + ".lock");
}

bool is_new(const fs::path& folder) {
  std::error_code ignored;
  return !fs::exists(recipe_file(folder), ignored);
}

void claim_folder(const fs::path& folder, const Json& recipe) {
  if (!is_new(folder)) {
    const std::vector<std::string> differences =
        core::differing_keys(core::read_json(recipe_file(folder)), recipe);
    if (differences.empty()) return;
    throw Error::usage(fmt::format("{} holds images that were made otherwise (different: {})",
                                   folder.string(), fmt::join(differences, ", ")),
                       "write to another folder, or continue with the settings in its recipe.json");
  }
  // What a process left that was killed while it wrote the recipe is no content.
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent)) {
    if (entry.path().extension() == ".partial") continue;
    throw Error::usage(fmt::format("{} is not empty and was not made by copy-paste: it holds {}",
                                   folder.string(), entry.path().filename().string()),
                       "write to another folder");
  }
  require_listed(folder, absent);
  core::write_json(recipe_file(folder), recipe);
}

void refuse_other_pictures(const fs::path& folder, const std::vector<WantedImage>& wanted) {
  std::set<std::string> files;
  for (const WantedImage& image : wanted) files.insert(image.file);
  std::error_code absent;
  const fs::path images = images_folder(folder);
  for (const auto& entry : fs::recursive_directory_iterator(images, absent)) {
    const fs::path& path = entry.path();
    // Other shards write theirs at the same time.
    if (entry.is_directory() || path.extension() == ".partial") continue;
    if (files.count(path.lexically_relative(images).generic_string()) != 0) continue;
    throw Error::usage(fmt::format("{} is not an image of this set", path.string()), "remove it");
  }
  require_listed(images, absent);
}

void remove_abandoned_files(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> abandoned;
  // What cannot be listed here was not written by us.
  for (const auto& entry : fs::recursive_directory_iterator(
           folder, fs::directory_options::skip_permission_denied, ignored)) {
    if (core::is_abandoned(entry.path())) abandoned.push_back(entry.path());
  }
  for (const fs::path& file : abandoned) fs::remove(file, ignored);
}

std::vector<WantedImage> missing_images(const fs::path& folder,
                                        const std::vector<WantedImage>& wanted, int threads) {
  const std::map<RecordKey, ImageRecord> records = read_journals(journal_folder(folder));
  std::vector<char> missing(wanted.size(), 0);
  data::for_each_block(
      static_cast<std::int64_t>(wanted.size()), 16, threads,
      [&](std::int64_t begin, std::int64_t end) {
        core::stop_point();
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
          if (!wanted[i].ours) continue;
          const auto record = records.find({wanted[i].class_name, wanted[i].index});
          missing[i] = record == records.end() || record->second.file != wanted[i].file ||
                       !is_whole(folder, record->second);
        }
      });
  std::vector<WantedImage> result;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (missing[i] != 0) result.push_back(wanted[i]);
  }
  return result;
}

std::vector<ImageRecord> finished_images(const fs::path& folder,
                                         const std::vector<WantedImage>& wanted) {
  std::map<RecordKey, ImageRecord> records = read_journals(journal_folder(folder));
  std::vector<ImageRecord> finished;
  for (const WantedImage& image : wanted) {
    const auto record = records.find({image.class_name, image.index});
    if (record == records.end() || record->second.file != image.file ||
        !has_size(images_folder(folder) / image.file, record->second.bytes)) {
      continue;
    }
    finished.push_back(std::move(record->second));
  }
  return finished;
}

}  // namespace ersatz::generate
