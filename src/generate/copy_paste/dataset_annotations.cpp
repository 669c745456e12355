#include "generate/copy_paste/dataset_annotations.h"

#include <map>
#include <string>

#include "core/digest.h"
#include "core/json.h"
#include "data/coco/coco_file.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr int kFormat = 1;  // of dataset.json
constexpr const char* kAnnotations = "annotations/instances.json";

data::CocoInstances to_coco(const std::vector<CutOutClass>& classes,
                            const std::vector<ImageRecord>& records) {
  data::CocoInstances coco;
  coco.info = {{"description", "Copy-paste images, made by Ersatz as recipe.json says"}};
  std::map<std::string, std::int64_t> categories;
  for (const CutOutClass& one : classes) {
    const auto id = static_cast<std::int64_t>(categories.size()) + 1;
    categories[one.name] = id;
    coco.categories.push_back({id, one.name});
  }
  for (const ImageRecord& record : records) {
    const auto image = static_cast<std::int64_t>(coco.images.size()) + 1;
    coco.images.push_back({image, record.file, record.width, record.height,
                           Json{{"background", record.background}, {"sha256", record.sha256}}});
    for (const InstanceRecord& instance : record.instances) {
      Json more = {
          {"cut_out", instance.cut_out},
          {"pasted",
           {instance.pasted.x, instance.pasted.y, instance.pasted.width, instance.pasted.height}}};
      if (!instance.variation.is_null()) more["variation"] = instance.variation;
      coco.annotations.push_back({static_cast<std::int64_t>(coco.annotations.size()) + 1, image,
                                  categories.at(record.class_name), instance.box, instance.area,
                                  instance.segmentation, std::move(more)});
    }
  }
  return coco;
}

Json summary_of(const std::vector<CutOutClass>& classes, const std::vector<ImageRecord>& records) {
  Json by_class = Json::object();
  for (const CutOutClass& one : classes) by_class[one.name] = {{"images", 0}, {"instances", 0}};
  Json dropped = {{drop_reason_name(DropReason::kNoRoom), 0},
                  {drop_reason_name(DropReason::kNothingVisible), 0}};
  std::size_t instances = 0;
  for (const ImageRecord& record : records) {
    Json& counts = by_class[record.class_name];
    counts["images"] = counts["images"].get<std::int64_t>() + 1;
    counts["instances"] = counts["instances"].get<std::size_t>() + record.instances.size();
    instances += record.instances.size();
    for (const auto& [name, reason] : record.dropped) {
      Json& count = dropped[std::string(drop_reason_name(reason))];
      count = count.get<std::int64_t>() + 1;
    }
  }
  return {{"images", records.size()},
          {"instances", instances},
          {"dropped", std::move(dropped)},
          {"classes", std::move(by_class)}};
}

}  // namespace

void write_annotations(const fs::path& folder, const std::vector<CutOutClass>& classes,
                       const std::vector<ImageRecord>& records) {
  data::write_coco(folder / kAnnotations, to_coco(classes, records));
  Json dataset = {{"format", kFormat}, {"maker", "copy-paste"}};
  dataset.update(summary_of(classes, records));
  dataset["annotations"] = {{"file", kAnnotations},
                            {"sha256", core::sha256_file(folder / kAnnotations)}};
  core::write_json(folder / "dataset.json", dataset);
}

}  // namespace ersatz::generate
