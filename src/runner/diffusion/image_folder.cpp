#include "runner/diffusion/image_folder.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "data/images/png_text.h"
#include "runner/diffusion/recipe.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;
using nlohmann::literals::operator""_json_pointer;

constexpr int kFormat = 1;
constexpr const char* kRecipeKeyword = "ersatz";
constexpr const char* kOverwrite = "--overwrite replaces it; or write to another folder";

fs::path png_of(const fs::path& folder, const std::string& stem) {
  return folder / (stem + ".png");
}
fs::path sidecar_of(const fs::path& folder, const std::string& stem) {
  return folder / (stem + ".json");
}

Error foreign(const fs::path& file) {
  return Error::usage(
      fmt::format("{} is in the way: it was not made by `ersatz generate`", file.string()),
      kOverwrite);
}

// The recipe of the files that stand where an image would go; nothing when there are none.
std::optional<Json> recipe_on_disk(const fs::path& folder, const std::string& stem) {
  std::error_code ignored;
  const fs::path sidecar = sidecar_of(folder, stem), png = png_of(folder, stem);
  try {
    if (fs::exists(sidecar, ignored)) return core::read_json(sidecar).at("recipe");
    // Killed between the two files.
    if (fs::exists(png, ignored)) {
      const auto texts = data::png_texts(core::read_file(png, data::kMaxImageBytes), png);
      return core::parse_json(texts.at(kRecipeKeyword), png);
    }
  } catch (const Json::exception&) {
    throw foreign(fs::exists(sidecar, ignored) ? sidecar : png);
  } catch (const std::out_of_range&) {
    throw foreign(png);
  } catch (const Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) throw;
    throw foreign(fs::exists(sidecar, ignored) ? sidecar : png);
  }
  return std::nullopt;
}

// Whether both files are there and whole. The size is enough: they were renamed into place.
bool is_whole(const fs::path& folder, const std::string& stem) {
  std::error_code error;
  const fs::path sidecar = sidecar_of(folder, stem);
  if (!fs::exists(sidecar, error)) return false;
  const std::uintmax_t bytes = fs::file_size(png_of(folder, stem), error);
  if (error) return false;
  const Json record = core::read_json(sidecar);
  const auto place = "/image/bytes"_json_pointer;
  return record.contains(place) && record.at(place) == bytes;
}

// The index that a sidecar's name begins with; nothing when it is named otherwise.
std::optional<std::int64_t> index_of(const fs::path& file) {
  const std::string stem = file.stem().string();
  const std::size_t split = stem.find('_');
  if (file.extension() != ".json" || split == std::string::npos || split == 0 || split > 12 ||
      stem.find_first_not_of("0123456789_") != std::string::npos) {
    return std::nullopt;
  }
  return std::stoll(stem.substr(0, split));
}

// An image of the same index and another seed belongs to another run.
void refuse_other_seeds(const fs::path& folder, const std::vector<WantedImage>& wanted) {
  std::map<std::int64_t, std::string> stems;
  for (const WantedImage& image : wanted) stems[image.index] = image.stem;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const auto index = index_of(entry.path());
    const auto ours = index ? stems.find(*index) : stems.end();
    if (ours != stems.end() && ours->second != entry.path().stem()) {
      throw Error::usage(fmt::format("{} holds image {} with another seed: {}", folder.string(),
                                     *index, entry.path().stem().string()),
                         "write to another folder, or continue with the seed of that run");
    }
  }
}

}  // namespace

std::vector<std::size_t> unfinished_images(const fs::path& folder,
                                           const std::vector<WantedImage>& wanted, bool overwrite) {
  if (!overwrite) refuse_other_seeds(folder, wanted);
  std::vector<std::size_t> unfinished;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const WantedImage& image = wanted[i];
    std::optional<Json> recipe;
    try {
      recipe = recipe_on_disk(folder, image.stem);
    } catch (const Error&) {
      if (!overwrite) throw;
    }
    if (!recipe) {
      unfinished.push_back(i);
      continue;
    }
    const std::vector<std::string> differences = recipe_differences(*recipe, image.recipe);
    if (!differences.empty() && !overwrite) {
      throw Error::usage(
          fmt::format("{} was made otherwise (different: {})", png_of(folder, image.stem).string(),
                      fmt::join(differences, ", ")),
          kOverwrite);
    }
    if (!differences.empty() || !is_whole(folder, image.stem)) unfinished.push_back(i);
  }
  return unfinished;
}

void remove_abandoned_files(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> abandoned;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (core::is_abandoned(entry.path())) abandoned.push_back(entry.path());
  }
  for (const fs::path& file : abandoned) fs::remove(file, ignored);
}

fs::path write_finished_image(const fs::path& folder, const WantedImage& image,
                              const data::RgbImage& pixels, const Json& record) {
  const std::string bytes = data::encode_png(
      pixels,
      {{"parameters", a1111_parameters(image.recipe)}, {kRecipeKeyword, image.recipe.dump()}});
  const fs::path png = png_of(folder, image.stem), sidecar = sidecar_of(folder, image.stem);
  // An old sidecar must not vouch for a new picture.
  std::error_code ignored;
  fs::remove(sidecar, ignored);
  core::write_file_atomic(png, bytes);
  Json text = {{"format", kFormat}, {"recipe", image.recipe}};
  text["image"] = {{"file", png.filename().string()},
                   {"bytes", bytes.size()},
                   {"sha256", core::sha256_hex(bytes)},
                   {"width", pixels.width},
                   {"height", pixels.height}};
  text.update(record);
  core::write_json(sidecar, text);
  return png;
}

}  // namespace ersatz::runner
