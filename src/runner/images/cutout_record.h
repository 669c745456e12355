// The two files that `cutout` writes beside the cut-outs of all its calls into a folder.
#pragma once

#include <filesystem>
#include <string>

#include "core/json.h"

namespace ersatz::runner {

inline constexpr const char* kCutoutRecord = "cutouts.json";
inline constexpr const char* kCutoutSheet = "contact_sheet.png";

// Keyword of the PNG text that tells how a cut-out or a contact sheet was made.
inline constexpr const char* kCutoutKeyword = "ersatz";
inline constexpr const char* kSheetText = "contact sheet of cutout";

// The text of that keyword in a PNG file; empty when there is none, or the file is no whole PNG.
std::string cutout_text(const std::filesystem::path& png);

// Error::usage (2) when the record, or the contact sheet if there will be one, would replace a file
// in `out` that `cutout` did not write.
void refuse_foreign_files(const std::filesystem::path& out, bool sheet);

// `record` ({"format", "cutouts", "failed"}) with the cut-outs of the record in `out`, if that is
// one of ours: those of earlier calls that are still there, byte for byte, and were not made again.
// They keep their places; failures are of the last call only.
core::Json merged_record(const std::filesystem::path& out, const core::Json& record);

}  // namespace ersatz::runner
