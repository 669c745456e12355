#include "runner/diffugen/source_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/digest.h"
#include "core/error.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using generate::DiffuGenItem;
using nlohmann::literals::operator""_json_pointer;

std::vector<DiffuGenItem> listed(const fs::path& folder) {
  const fs::path labels = folder / "labels";
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(labels, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (error || files.empty()) {
    throw core::Error::missing(fmt::format("there are no labels in {}", labels.string()));
  }
  std::sort(files.begin(), files.end());
  std::vector<DiffuGenItem> items;
  for (const fs::path& file : files) {
    const label::DiffuGenPromptDetails details = label::read_diffugen_labels(file).details;
    DiffuGenItem item;
    item.index = item.source = static_cast<std::int64_t>(items.size());
    const fs::path name = file.lexically_relative(labels);
    item.folder = name.parent_path().generic_string();
    item.stem = name.stem().string();
    item.prompt = details.prompt;
    item.prompt_template = details.prompt_template;
    item.attributes = details.attributes;
    item.object = details.attributes.object_name;
    item.seed = details.seed;
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

SourceDataset::SourceDataset(fs::path folder, std::vector<DiffuGenItem> planned)
    : folder_(std::move(folder)), items_(planned.empty() ? listed(folder_) : std::move(planned)) {}

std::optional<SourcePicture> SourceDataset::open(std::size_t place) const {
  const DiffuGenItem& item = items_.at(place);
  const fs::path file = folder_ / "labels" / item.folder / (item.stem + ".json");
  if (!fs::exists(file)) return std::nullopt;
  SourcePicture source;
  source.labels = label::read_diffugen_labels(file);
  for (const char* ending : {".png", ".jpg", ".jpeg"}) {
    source.picture = folder_ / "images" / item.folder / (item.stem + ending);
    if (fs::exists(source.picture)) break;
  }
  const auto digest = "/files/images/sha256"_json_pointer;
  const core::Json& record = source.labels.record;
  source.sha256 = record.contains(digest) && record.at(digest).is_string()
                      ? record.at(digest).get<std::string>()
                      : core::sha256_file(source.picture);
  return source;
}

}  // namespace ersatz::runner
