#include "runner/images/cutout_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "data/images/image_file.h"
#include "data/images/png_text.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

// The cut-outs of a record of ours; null when there is none, or the file is another's.
Json own_cutouts(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return {};
  Json record;
  try {
    record = core::read_json(file);
  } catch (const Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) throw;
    return {};
  }
  const auto is_list = [&](const char* key) {
    return record.contains(key) && record.at(key).is_array();
  };
  if (!record.is_object() || !record.contains("format") || !is_list("cutouts")) return {};
  return is_list("failed") ? record.at("cutouts") : Json();
}

std::string file_of(const Json& cutout) {
  return cutout.at("cutout").at("file").get<std::string>();
}

bool climbs_out(const fs::path& file) {
  return file.is_absolute() || std::find(file.begin(), file.end(), "..") != file.end();
}

// Whether the cut-out of an earlier record is what that says. Somebody may have edited either.
bool is_there(const fs::path& out, const Json& cutout) {
  try {
    const std::string file = file_of(cutout);
    if (climbs_out(file)) return false;
    std::error_code ignored;
    return fs::is_regular_file(out / file, ignored) &&
           core::sha256_file(out / file) == cutout.at("cutout").at("sha256").get<std::string>();
  } catch (const Json::exception&) {
    return false;
  }
}

[[noreturn]] void refuse(const fs::path& file) {
  throw Error::usage(fmt::format("{} is in the way: it was not written by cutout", file.string()),
                     "--overwrite replaces it; or write to another folder");
}

}  // namespace

std::string cutout_text(const fs::path& png) {
  try {
    const auto texts = data::png_texts(core::read_file(png, data::kMaxImageBytes), png);
    const auto found = texts.find(kCutoutKeyword);
    return found == texts.end() ? std::string() : found->second;
  } catch (const Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) throw;
    return "";
  }
}

void refuse_foreign_files(const fs::path& out, bool sheet) {
  std::error_code ignored;
  const fs::path record = out / kCutoutRecord, picture = out / kCutoutSheet;
  if (fs::exists(record, ignored) && own_cutouts(record).is_null()) refuse(record);
  if (sheet && fs::exists(picture, ignored) && cutout_text(picture) != kSheetText) refuse(picture);
}

Json merged_record(const fs::path& out, const Json& record) {
  std::map<std::string, Json> made;
  for (const Json& one : record.at("cutouts")) made[file_of(one)] = one;
  Json cutouts = Json::array();
  for (const Json& earlier : own_cutouts(out / kCutoutRecord)) {
    if (!is_there(out, earlier)) continue;
    const auto again = made.find(file_of(earlier));
    if (again == made.end()) {
      cutouts.push_back(earlier);
    } else {
      cutouts.push_back(std::move(again->second));
      made.erase(again);
    }
  }
  for (const Json& one : record.at("cutouts")) {
    if (made.count(file_of(one)) != 0) cutouts.push_back(one);
  }
  Json merged = record;
  merged["cutouts"] = std::move(cutouts);
  return merged;
}

}  // namespace ersatz::runner
