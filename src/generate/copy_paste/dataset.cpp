#include "generate/copy_paste/dataset.h"

#include <fmt/format.h>

#include <mutex>
#include <set>
#include <vector>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"
#include "generate/copy_paste/dataset_annotations.h"
#include "generate/copy_paste/dataset_folder.h"
#include "generate/copy_paste/image_record.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr int kFormat = 1;   // of recipe.json
constexpr int kVersion = 1;  // raise when the same settings give other pixels

Json to_json(const VariationRange& range) {
  return {{"scale_of", range.scale_of == ScaleReference::kNative ? "native" : "background"},
          {"scale", {range.scale_low, range.scale_high}},
          {"rotation", range.rotation},
          {"flip_horizontal", range.flip_horizontal},
          {"flip_vertical", range.flip_vertical},
          {"feather", range.feather},
          {"brightness", range.brightness},
          {"contrast", range.contrast},
          {"saturation", range.saturation},
          {"hue", range.hue}};
}

std::string encoded(const data::RgbImage& image, const CopyPasteDatasetOptions& options) {
  return options.format == data::ImageFormat::kPng
             ? data::encode_png(image, {}, data::PngEffort::kFast)
             : data::encode_jpeg(image, options.jpeg_quality);
}

void require_valid(const CopyPasteDatasetOptions& options) {
  if (options.per_class < 1 || options.per_class > kMaxImagesPerClass) {
    throw Error::usage(fmt::format("{} images of each class are not in 1..{}", options.per_class,
                                   kMaxImagesPerClass));
  }
  if (options.format == data::ImageFormat::kJpeg &&
      (options.jpeg_quality < 1 || options.jpeg_quality > 100)) {
    throw Error::usage(fmt::format("JPEG quality {} is not in 1..100", options.jpeg_quality));
  }
}

std::vector<WantedImage> wanted_images(const CopyPaste& source,
                                       const CopyPasteDatasetOptions& options) {
  std::vector<WantedImage> wanted;
  std::int64_t number = 0;
  for (std::size_t c = 0; c < source.classes().size(); ++c) {
    for (std::int64_t i = 0; i < options.per_class; ++i) {
      wanted.push_back({c, source.classes()[c].name, i,
                        image_file_name(source.classes()[c].name, i, options.format),
                        options.shard.has(number++)});
    }
  }
  return wanted;
}

// Decodes what will be needed, so that a damaged file is found before anything is written.
void check_backgrounds(const CopyPaste& source, const std::vector<WantedImage>& wanted,
                       int threads) {
  std::set<std::size_t> different;
  for (const WantedImage& image : wanted) {
    if (image.ours) different.insert(source.background_of(image.class_index, image.index));
  }
  const std::vector<std::size_t> needed(different.begin(), different.end());
  data::for_each_block(static_cast<std::int64_t>(needed.size()), 1, threads,
                       [&](std::int64_t begin, std::int64_t) {
                         core::stop_point();
                         source.backgrounds().read(needed[static_cast<std::size_t>(begin)]);
                       });
}

// Makes images on several threads; each is entered into the journal when its file is there.
class Maker {
 public:
  Maker(const CopyPaste& source, const fs::path& folder, const CopyPasteDatasetOptions& options)
      : source_(source), folder_(folder), options_(options) {}

  void make(const std::vector<WantedImage>& missing, std::int64_t wanted) {
    if (missing.empty()) return;
    mend_journal(journal_file(folder_, options_.shard));
    core::Progress progress("copy-paste", wanted, "img");
    progress.start_from(wanted - static_cast<std::int64_t>(missing.size()));
    std::mutex mutex;
    data::for_each_block(static_cast<std::int64_t>(missing.size()), 1, options_.threads,
                         [&](std::int64_t begin, std::int64_t) {
                           core::stop_point();
                           const std::string line =
                               to_line(make_one(missing[static_cast<std::size_t>(begin)]));
                           const std::lock_guard<std::mutex> lock(mutex);
                           core::append_line(journal_file(folder_, options_.shard), line);
                           progress.add(1);
                         });
  }

 private:
  ImageRecord make_one(const WantedImage& image) const {
    const CopyPasteImage made = source_.compose(image.class_index, image.index);
    const std::string bytes = encoded(made.image, options_);
    core::write_file_atomic(images_folder(folder_) / image.file, bytes);
    ImageRecord record = describe(source_, made, image.index);
    record.file = image.file;
    record.bytes = bytes.size();
    record.sha256 = core::sha256_hex(bytes);
    return record;
  }

  const CopyPaste& source_;
  const fs::path& folder_;
  const CopyPasteDatasetOptions& options_;
};

void warn_about_dropped(const CopyPasteDatasetSummary& summary) {
  for (const auto& [reason, count] : summary.dropped) {
    core::log_warning(fmt::format("{} of {} cut-outs were left out: {}", count,
                                  count + summary.instances, reason));
  }
}

}  // namespace

Json copy_paste_recipe(const CopyPaste& source, const CopyPasteDatasetOptions& options) {
  const CopyPasteOptions& how = source.options();
  Json classes = Json::array();
  for (const CutOutClass& one : source.classes()) {
    Json cut_outs = Json::array();
    for (const CutOut& cut_out : one.cut_outs) {
      cut_outs.push_back({{"name", cut_out.name}, {"sha256", cut_out.sha256}});
    }
    classes.push_back({{"name", one.name}, {"cut_outs", std::move(cut_outs)}});
  }
  Json recipe = {{"format", kFormat},
                 {"maker", "copy-paste"},
                 {"version", kVersion},
                 {"mode", copy_paste_mode_name(how.mode)},
                 {"seed", how.seed},
                 {"per_class", options.per_class},
                 {"max_per_image", how.max_per_image},
                 {"image_format", options.format == data::ImageFormat::kPng ? "png" : "jpeg"}};
  if (options.format == data::ImageFormat::kJpeg) recipe["jpeg_quality"] = options.jpeg_quality;
  if (how.mode == CopyPasteMode::kVaried) recipe["variation"] = to_json(how.variation);
  recipe["backgrounds"] = {{"count", source.backgrounds().size()},
                           {"sha256", source.backgrounds().digest()}};
  recipe["classes"] = std::move(classes);
  return recipe;
}

CopyPasteDatasetSummary write_copy_paste_dataset(const CopyPaste& source, const fs::path& folder,
                                                 const CopyPasteDatasetOptions& options) {
  require_valid(options);
  const Json recipe = copy_paste_recipe(source, options);
  const std::vector<WantedImage> wanted = wanted_images(source, options);
  if (is_new(folder)) check_backgrounds(source, wanted, options.threads);
  claim_folder(folder, recipe);
  const core::FileLock lock(lock_file(folder, options.shard), folder.string());
  remove_abandoned_files(folder);
  refuse_other_pictures(folder, wanted);

  CopyPasteDatasetSummary summary;
  const std::vector<WantedImage> missing = missing_images(folder, wanted, options.threads);
  for (const WantedImage& image : wanted) summary.wanted += image.ours ? 1 : 0;
  Maker(source, folder, options).make(missing, summary.wanted);
  summary.made = static_cast<std::int64_t>(missing.size());

  const std::vector<ImageRecord> records = finished_images(folder, wanted);
  summary.images = static_cast<std::int64_t>(records.size());
  for (const ImageRecord& record : records) {
    summary.instances += static_cast<std::int64_t>(record.instances.size());
    for (const auto& [name, reason] : record.dropped) {
      ++summary.dropped[std::string(drop_reason_name(reason))];
    }
  }
  summary.complete = records.size() == wanted.size();
  if (summary.complete) write_annotations(folder, source.classes(), records);
  warn_about_dropped(summary);
  return summary;
}

}  // namespace ersatz::generate
