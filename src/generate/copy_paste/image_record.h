// What a finished copy-paste image is: one line of the journals beside the pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "generate/copy_paste/copy_paste.h"

namespace ersatz::generate {

struct InstanceRecord {
  std::string cut_out;  // its name in the class
  data::PixelBox pasted, box;
  std::int64_t area = 0;     // px of the mask
  std::string segmentation;  // rle_text() of the mask
  core::Json variation;      // null unless the cut-out was varied
};

struct ImageRecord {
  std::string class_name;
  std::int64_t index = 0;   // in its class
  std::string file;         // below the folder of the images: "kiwi/00007.png"
  std::uint64_t bytes = 0;  // of the file
  std::string sha256;       // of the file
  int width = 0, height = 0;
  std::string background;  // its name
  std::vector<InstanceRecord> instances;
  std::vector<std::pair<std::string, DropReason>> dropped;  // cut-outs by name
};

// Without file, bytes and digest.
ImageRecord describe(const CopyPaste& source, const CopyPasteImage& image, std::int64_t index);

std::string to_line(const ImageRecord& record);

// Ends the last line of a journal that a killed process left torn, so that the next one is whole.
void mend_journal(const std::filesystem::path& file);

// The records of all journals in `folder` (*.jsonl), by class and index; of several for one image
// the last counts. Lines that are no records (a torn last line) are passed over, a folder that is
// not there has none.
using RecordKey = std::pair<std::string, std::int64_t>;
std::map<RecordKey, ImageRecord> read_journals(const std::filesystem::path& folder);

}  // namespace ersatz::generate
