#include "generate/copy_paste/cut_out.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/digest.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/suggest.h"
#include "data/images/image_file.h"
#include "generate/copy_paste/picture_files.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::Error;

std::vector<std::string> class_folders(const fs::path& folder, const fs::path& left_out) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw Error::missing(fmt::format("there is no folder {} with cut-outs", folder.string()));
  }
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || name.front() == '.') continue;
    if (left_out.empty() || !lies_in(entry.path(), left_out)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) {
    throw Error::missing(fmt::format("{} holds no folders", folder.string()),
                         "cut-outs are expected as <class>/<name>.png; `ersatz cutout` makes them");
  }
  return names;
}

std::vector<std::string> chosen_classes(const fs::path& folder, const CutOutChoice& choice) {
  const std::vector<std::string> all = class_folders(folder, choice.left_out);
  if (choice.classes.empty()) return all;
  for (const std::string& name : choice.classes) {
    if (std::find(all.begin(), all.end(), name) == all.end()) {
      const std::string nearest = core::nearest_name(name, all);
      throw Error::missing(fmt::format("{} has no class '{}'", folder.string(), name),
                           nearest.empty() ? fmt::format("it has {}", fmt::join(all, ", "))
                                           : fmt::format("did you mean '{}'?", nearest));
    }
    if (std::count(choice.classes.begin(), choice.classes.end(), name) > 1) {
      throw Error::usage(fmt::format("class '{}' is named twice", name));
    }
  }
  return choice.classes;
}

// `wanted` of `files` without replacement, in their order.
std::vector<fs::path> drawn(const std::vector<fs::path>& files, int wanted,
                            const std::string& class_name, std::uint64_t seed) {
  if (wanted == 0) return files;
  std::vector<std::int64_t> order =
      core::permutation(static_cast<std::int64_t>(files.size()),
                        core::Stream(seed, "copy-paste/masks/" + class_name));
  order.resize(static_cast<std::size_t>(wanted));
  std::sort(order.begin(), order.end());
  std::vector<fs::path> some;
  for (const std::int64_t i : order) some.push_back(files[static_cast<std::size_t>(i)]);
  return some;
}

CutOut load(const fs::path& folder, const fs::path& file) {
  const std::string bytes = data::read_image_bytes(folder / file);
  CutOut cut_out{file.generic_string(), core::sha256_hex(bytes),
                 data::decode_rgba_image(bytes, folder / file)};
  require_visible(cut_out.image, folder / file);
  return cut_out;
}

}  // namespace

void require_visible(const data::RgbaImage& image, const fs::path& file) {
  bool faint = false;
  for (std::size_t i = 3; i < image.pixels.size(); i += 4) {
    if (image.pixels[i] >= kMaskAlpha) return;
    faint = faint || image.pixels[i] != 0;
  }
  throw Error::untrusted(file, faint ? "a cut-out that is nowhere more than half opaque"
                                     : "a cut-out that is wholly transparent");
}

CutOut make_cut_out(std::string name, data::RgbaImage image) {
  require_visible(image, name);
  core::Sha256 digest;
  digest.update(fmt::format("{} {}\n", image.width, image.height));
  digest.update(image.pixels.data(), image.pixels.size());
  return {std::move(name), digest.hex(), std::move(image)};
}

std::vector<CutOutClass> load_cut_outs(const fs::path& folder, const CutOutChoice& choice) {
  if (choice.per_class < 0) {
    throw Error::usage(fmt::format("{} cut-outs of each class cannot be used", choice.per_class));
  }
  std::vector<CutOutClass> classes;
  for (const std::string& name : chosen_classes(folder, choice)) {
    require_utf8_path(folder / name);
    const std::vector<fs::path> files = picture_files(folder / name, {".png"}, choice.left_out);
    if (files.empty()) {
      throw Error::missing(fmt::format("class '{}' has no cut-out: no PNG file in {}", name,
                                       (folder / name).string()));
    }
    if (static_cast<std::size_t>(choice.per_class) > files.size()) {
      throw Error::missing(fmt::format("class '{}' has {} cut-outs, {} are asked for: {}", name,
                                       files.size(), choice.per_class, (folder / name).string()));
    }
    CutOutClass made{name, {}};
    for (const fs::path& file : drawn(files, choice.per_class, name, choice.seed)) {
      made.cut_outs.push_back(load(folder / name, file));
    }
    classes.push_back(std::move(made));
  }
  return classes;
}

}  // namespace ersatz::generate
