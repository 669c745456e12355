#include "runner/images/cutout_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <optional>

#include "core/affix.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/exit_code.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/orientation.h"
#include "data/images/png_codec.h"
#include "generate/cutout/cutout.h"
#include "runner/images/contact_sheet.h"
#include "runner/images/cutout_plan.h"
#include "runner/images/cutout_record.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr int kFormat = 1;
constexpr int kVersion = 1;  // raise when the same photo and settings give other pixels

struct Made {
  Json record;  // of cutouts.json
  std::string failure;
  std::optional<SheetCell> cell;
};

Json to_json(const data::PixelBox& box) { return {box.x, box.y, box.width, box.height}; }

Json to_json(const generate::CutoutOptions& making) {
  Json json;
  if (const auto* white = std::get_if<generate::WhiteBackground>(&making.method)) {
    json = {{"method", "white"}, {"tolerance", white->tolerance}, {"shadow", white->shadow}};
  } else {
    const auto& grab_cut = std::get<generate::GrabCut>(making.method);
    json = {{"method", "grabcut"},
            {"box", to_json(grab_cut.box)},
            {"shape", grab_cut.shape == generate::BoxShape::kBox ? "box" : "ellipse"},
            {"iterations", grab_cut.iterations}};
  }
  json["open"] = making.open;
  json["keep_holes"] = making.keep_holes;
  json["feather"] = making.feather;
  return json;
}

// How a cut-out came about; also the PNG text "ersatz".
Json provenance(const PlannedCutout& planned, const std::string& sha256) {
  return {{"maker", "cutout"},
          {"version", kVersion},
          {"photo", {{"name", planned.name}, {"sha256", sha256}}},
          {"making", to_json(planned.making)}};
}

// Boxes of COCO may end a pixel beyond the photo where they were rounded.
void clip_by_a_pixel(data::PixelBox& box, const data::RgbImage& photo) {
  const int right = box.x + box.width - photo.width, bottom = box.y + box.height - photo.height;
  if (right == 1) --box.width;
  if (bottom == 1) --box.height;
}

class Work {
 public:
  Work(const CutoutCommand& options, std::vector<PlannedCutout> plan)
      : options_(options), plan_(std::move(plan)), made_(plan_.size()) {}

  void run() {
    core::Progress progress("cut-outs", static_cast<std::int64_t>(plan_.size()), "photo");
    std::mutex mutex;
    data::for_each_block(static_cast<std::int64_t>(plan_.size()), 1, options_.threads,
                         [&](std::int64_t begin, std::int64_t) {
                           core::stop_point();
                           const auto i = static_cast<std::size_t>(begin);
                           made_[i] = make(plan_[i], is_shown(i));
                           const std::lock_guard<std::mutex> lock(mutex);
                           progress.add(1);
                         });
  }

  // The number of failures.
  std::int64_t finish() {
    Json cutouts = Json::array(), failed = Json::array();
    std::vector<SheetCell> cells;
    for (std::size_t i = 0; i < made_.size(); ++i) {
      Made& made = made_[i];
      if (made.cell) cells.push_back(std::move(*made.cell));
      if (made.failure.empty()) {
        cutouts.push_back(std::move(made.record));
        continue;
      }
      // A codec's error names the file itself.
      const std::string photo = plan_[i].photo.string();
      const bool names_it = core::starts_with(made.failure, photo);
      core::log_warning(names_it ? made.failure : fmt::format("{}: {}", photo, made.failure));
      failed.push_back({{"photo", plan_[i].name}, {"reason", made.failure}});
    }
    const auto failures = static_cast<std::int64_t>(failed.size());
    cutouts_ = cutouts.size();
    const fs::path out = options_.out;
    // Calls into one folder may end at the same time.
    const core::FileLock lock(out / ".cutouts.lock", options_.out);
    if (!cells.empty()) write_contact_sheet(out / kCutoutSheet, cells);
    record_ = merged_record(
        out, {{"format", kFormat}, {"cutouts", std::move(cutouts)}, {"failed", std::move(failed)}});
    core::write_json(out / kCutoutRecord, record_);
    return failures;
  }

  const Json& record() const { return record_; }    // with what earlier calls made
  std::size_t cutouts() const { return cutouts_; }  // of this call

 private:
  // Evenly spread over all.
  bool is_shown(std::size_t i) const {
    const auto all = static_cast<std::int64_t>(plan_.size());
    const auto number = static_cast<std::int64_t>(i);
    if (options_.sheet >= all) return true;
    return number * options_.sheet / all != (number + 1) * options_.sheet / all;
  }

  Made make(const PlannedCutout& planned, bool shown) const {
    try {
      return make_or_throw(planned, shown);
    } catch (const core::Interrupted&) {
      throw;
    } catch (const Error& error) {
      // What is wrong with one photo does not keep the others from being cut out.
      if (error.code() != core::ExitCode::kUntrustedData) throw;
      Made made;
      made.failure = error.what();
      return made;
    }
  }

  Made make_or_throw(PlannedCutout planned, bool shown) const {
    const std::string bytes = data::read_image_bytes(planned.photo);
    const data::RgbImage photo =
        data::upright(data::decode_image(bytes, planned.photo), data::exif_orientation(bytes));
    if (auto* grab_cut = std::get_if<generate::GrabCut>(&planned.making.method);
        grab_cut != nullptr && planned.box_from_file) {
      clip_by_a_pixel(grab_cut->box, photo);
    }
    Made made;
    generate::CutoutResult result = generate::make_cutout(photo, planned.making);
    if (!result.cutout) {
      made.failure = result.failure;
      return made;
    }
    const generate::Cutout& cutout = *result.cutout;
    made.record = provenance(planned, core::sha256_hex(bytes));
    const std::string png = data::encode_png(cutout.image, {{kCutoutKeyword, made.record.dump()}});
    const fs::path file = fs::path(options_.out) / planned.file;
    if (!options_.overwrite) refuse_foreign(file, made.record);
    core::write_file_atomic(file, png);
    made.record["cutout"] = {{"file", planned.file},
                             {"bytes", png.size()},
                             {"sha256", core::sha256_hex(png)},
                             {"width", cutout.image.width},
                             {"height", cutout.image.height},
                             {"box", to_json(cutout.box)}};
    if (shown) made.cell = sheet_cell(photo, cutout, planned.file);
    return made;
  }

  // A file that this very command has made before is replaced by the same bytes.
  static void refuse_foreign(const fs::path& file, const Json& record) {
    std::error_code absent;
    if (!fs::exists(file, absent)) return;
    if (cutout_text(file) == record.dump()) return;
    throw Error::usage(
        fmt::format("{} is in the way: it was not made from this photo with these settings",
                    file.string()),
        "--overwrite replaces it; or write to another folder");
  }

  const CutoutCommand& options_;
  std::vector<PlannedCutout> plan_;
  std::vector<Made> made_;
  Json record_;
  std::size_t cutouts_ = 0;
};

}  // namespace

int run_cutout(const CutoutCommand& options) {
  const CutoutRequest request = check_cutout(options);
  std::vector<PlannedCutout> plan = plan_cutouts(options, request);
  if (!options.overwrite) refuse_foreign_files(options.out, options.sheet > 0);
  Work work(options, std::move(plan));
  work.run();
  const std::int64_t failures = work.finish();
  if (options.json) {
    std::printf("%s\n", work.record().dump(2).c_str());
  } else if (!options.quiet) {
    std::printf("%s: %zu cut-outs", options.out.c_str(), work.cutouts());
    if (failures > 0) std::printf(", %lld photos failed", static_cast<long long>(failures));
    std::printf("\n");
  }
  return failures == 0 ? 0 : static_cast<int>(core::ExitCode::kUntrustedData);
}

}  // namespace ersatz::runner
