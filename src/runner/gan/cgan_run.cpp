#include "runner/gan/cgan_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "compute/device.h"
#include "compute/threads.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "core/plain_name.h"
#include "core/suggest.h"
#include "data/images/png_codec.h"
#include "generate/conditional_gan/class_samples.h"
#include "report/image_grid.h"
#include "runner/gan/generator_choice.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kRecord = "cgan.json";
constexpr int kSheetColumns = 16;

// The classes asked for as labels, in that order.
std::vector<std::uint8_t> chosen_labels(const std::vector<std::string>& asked,
                                        const std::vector<std::string>& known) {
  std::vector<std::uint8_t> labels;
  for (const std::string& name : asked.empty() ? known : asked) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      throw core::unknown_name("class", name, known);
    }
    const auto label = static_cast<std::uint8_t>(found - known.begin());
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  }
  return labels;
}

fs::path output_folder(const CganOptions& options) {
  if (!options.out.empty()) return options.out;
  std::string name = options.classes.empty() ? "all" : "";
  for (const std::string& one : options.classes) name += (name.empty() ? "" : "+") + one;
  return fmt::format("cgan-{}-{}", name, options.seed);
}

// What the pictures depend on.
Json settings_of(const CganOptions& options, const GeneratorChoice& choice,
                 const std::vector<std::string>& classes) {
  return {{"weights_sha256", core::sha256_file(choice.weights)},
          {"classes", classes},
          {"count", options.count},
          {"seed", options.seed}};
}

void refuse_other_pictures(const fs::path& folder, const Json& settings, bool overwrite) {
  if (overwrite || !fs::exists(folder / kRecord)) return;
  const Json before = core::read_json(folder / kRecord);
  for (const auto& [key, value] : settings.items()) {
    if (before.contains(key) && before.at(key) == value) continue;
    throw core::Error::usage(
        fmt::format("{} has pictures that were made with another {}", folder.string(), key),
        "choose another --out, or --overwrite");
  }
}

// Whether `name` is of a picture that run_cgan writes: <class>_<number>.png.
bool is_picture_name(const std::string& name) {
  constexpr const char* kEnding = ".png";
  const std::size_t line = name.rfind('_');
  if (!core::plain_name(name) || line == std::string::npos || fs::path(name).extension() != kEnding)
    return false;
  const std::string number = fs::path(name.substr(line + 1)).stem().string();
  return number.size() >= 5 && number.find_first_not_of("0123456789") == std::string::npos;
}

// The pictures of an earlier run in the folder, as its record lists them.
std::vector<std::string> earlier_pictures(const fs::path& folder) {
  std::vector<std::string> files;
  if (!fs::exists(folder / kRecord)) return files;
  try {
    const Json record = core::read_json(folder / kRecord);
    for (const Json& file : record.at("files")) {
      if (file.is_string() && is_picture_name(file.get<std::string>())) files.push_back(file);
    }
  } catch (const core::Error& error) {
    core::log_warning(fmt::format("{}; pictures that it listed stay", error.what()));
  } catch (const Json::exception&) {
    core::log_warning(fmt::format("{} lists no pictures", (folder / kRecord).string()));
  }
  return files;
}

void write_sheet(const fs::path& file, const data::LabelledImages& pictures,
                 const std::vector<std::string>& names, std::int64_t count) {
  std::vector<report::GridRow> rows;
  const auto each = static_cast<std::size_t>(count);
  for (std::size_t k = 0; k < names.size(); ++k) {
    for (std::size_t first = 0; first < each; first += kSheetColumns) {
      const std::size_t last = std::min<std::size_t>(each, first + kSheetColumns);
      rows.push_back(
          {first == 0 ? names[k] : "", data::slice(pictures, k * each + first, k * each + last)});
    }
  }
  report::write_grid_png(file, rows);
}

}  // namespace

void run_cgan(const CganOptions& options) {
  const GeneratorChoice choice = choose_generator(options);
  compute::use_threads(options.threads);
  const std::vector<std::string> known = generate::class_names(choice.weights);
  const std::vector<std::uint8_t> labels = chosen_labels(options.classes, known);
  std::vector<std::string> names;
  std::vector<std::uint8_t> wanted;
  for (const std::uint8_t label : labels) {
    names.push_back(known[label]);
    wanted.insert(wanted.end(), static_cast<std::size_t>(options.count), label);
  }
  const fs::path folder = output_folder(options);
  Json record = settings_of(options, choice, names);
  refuse_other_pictures(folder, record, options.overwrite);

  generate::ClassSampleOptions sampling;
  sampling.seed = options.seed;
  sampling.device = compute::resolve_device(options.device);
  const data::LabelledImages pictures = generate::sample_classes(choice.weights, wanted, sampling);
  core::make_directories(folder);
  record["run"] = choice.run;
  record["stage"] = choice.stage;
  record["files"] = Json::array();
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const std::string file = fmt::format("{}_{:05}.png", known[pictures.labels[i]],
                                         i % static_cast<std::size_t>(options.count));
    const data::GreyImage image{pictures.width,
                                pictures.height,
                                {pictures.image(i), pictures.image(i) + pictures.image_bytes()}};
    core::write_file_atomic(folder / file, data::encode_png(image));
    record["files"].push_back(file);
  }
  write_sheet(folder / "sheet.png", pictures, names, options.count);
  // Before the record that does not list them any more.
  const std::set<std::string> written(record["files"].begin(), record["files"].end());
  for (const std::string& file : earlier_pictures(folder)) {
    std::error_code ignored;
    const fs::path old = folder / file;
    if (written.count(file) == 0 && fs::is_regular_file(fs::symlink_status(old, ignored))) {
      fs::remove(old);
    }
  }
  core::write_json(folder / kRecord, record);
  if (options.json) std::printf("%s\n", record.dump(2).c_str());
  core::log_info(fmt::format("{} pictures of {} {} in {}", pictures.size(), names.size(),
                             names.size() == 1 ? "class" : "classes", folder.string()));
}

}  // namespace ersatz::runner
