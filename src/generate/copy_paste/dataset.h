// A folder of copy-paste images with their annotations:
//
//   recipe.json                   everything the pixels depend on; written first
//   images/<class>/<index>.png    the pictures (or .jpg): an image folder by class
//   journal/<i>-of-<n>.jsonl      one line per finished image, by each shard
//   annotations/instances.json    COCO instances (data/coco/coco_file.h); file names are relative
//   to
//                                 images/. Written when all images of all shards are there.
//   dataset.json                  counts and the digest of the annotations; written last
//
// Pictures are written atomically and entered into the journal afterwards. After a kill the same
// call makes what is missing: an image counts when its journal line and a file of that size and
// digest are there. The bytes of pictures and annotations depend on the recipe alone, not on
// threads, shards or interruptions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/json.h"
#include "core/shard.h"
#include "data/images/image_file.h"
#include "generate/copy_paste/copy_paste.h"

namespace ersatz::generate {

struct CopyPasteDatasetOptions {
  std::int64_t per_class = 200;  // images
  data::ImageFormat format = data::ImageFormat::kPng;
  int jpeg_quality = 95;
  core::Shard shard;  // image `i` of class `c` is number c * per_class + i
  int threads = 0;    // <= 0: one per processor
};

struct CopyPasteDatasetSummary {
  std::int64_t wanted = 0;                      // images of this shard
  std::int64_t made = 0;                        // by this call; the others were there
  std::int64_t images = 0, instances = 0;       // in the folder, of all shards
  std::map<std::string, std::int64_t> dropped;  // cut-outs left out, by drop_reason_name()
  bool complete = false;                        // all shards are done, annotations are written
};

// What identifies the set, as written to recipe.json; belongs into stage keys.
core::Json copy_paste_recipe(const CopyPaste& source, const CopyPasteDatasetOptions& options);

// Before a new folder is begun, every background that is needed is decoded once: a damaged one is
// Error::untrusted (30), and nothing is written. Error::usage (2) when the folder holds something
// else, or images of another recipe, naming what differs; Error::io for the disk; core::Interrupted
// at a signal. Warns when cut-outs were left out.
CopyPasteDatasetSummary write_copy_paste_dataset(const CopyPaste& source,
                                                 const std::filesystem::path& folder,
                                                 const CopyPasteDatasetOptions& options);

}  // namespace ersatz::generate
