#include "generate/copy_paste/image_record.h"

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::Json;
using data::PixelBox;

Json to_json(const PixelBox& box) { return {box.x, box.y, box.width, box.height}; }

PixelBox box_from(const Json& json) {
  return {json.at(0).get<int>(), json.at(1).get<int>(), json.at(2).get<int>(),
          json.at(3).get<int>()};
}

Json to_json(const Variation& variation) {
  return {{"scale", variation.scale},
          {"rotation", variation.rotation},
          {"flip_horizontal", variation.flip_horizontal},
          {"flip_vertical", variation.flip_vertical},
          {"feather", variation.feather},
          {"brightness", variation.brightness},
          {"contrast", variation.contrast},
          {"saturation", variation.saturation},
          {"hue", variation.hue}};
}

Json to_json(const InstanceRecord& instance) {
  Json json = {{"cut_out", instance.cut_out},
               {"pasted", to_json(instance.pasted)},
               {"box", to_json(instance.box)},
               {"area", instance.area},
               {"counts", instance.segmentation}};
  if (!instance.variation.is_null()) json["variation"] = instance.variation;
  return json;
}

InstanceRecord instance_from(const Json& json) {
  return {json.at("cut_out").get<std::string>(),
          box_from(json.at("pasted")),
          box_from(json.at("box")),
          json.at("area").get<std::int64_t>(),
          json.at("counts").get<std::string>(),
          json.value("variation", Json())};
}

DropReason reason_from(const std::string& name) {
  return name == drop_reason_name(DropReason::kNoRoom) ? DropReason::kNoRoom
                                                       : DropReason::kNothingVisible;
}

ImageRecord record_from(const Json& json) {
  ImageRecord record;
  record.class_name = json.at("class").get<std::string>();
  record.index = json.at("index").get<std::int64_t>();
  record.file = json.at("file").get<std::string>();
  record.bytes = json.at("bytes").get<std::uint64_t>();
  record.sha256 = json.at("sha256").get<std::string>();
  record.width = json.at("width").get<int>();
  record.height = json.at("height").get<int>();
  record.background = json.at("background").get<std::string>();
  for (const Json& instance : json.at("instances")) {
    record.instances.push_back(instance_from(instance));
  }
  for (const Json& dropped : json.at("dropped")) {
    record.dropped.emplace_back(dropped.at(0).get<std::string>(),
                                reason_from(dropped.at(1).get<std::string>()));
  }
  return record;
}

void read_journal(const fs::path& file, std::map<RecordKey, ImageRecord>& records) {
  const std::string text = core::read_file(file);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) return;  // torn: its process was killed, or is writing it
    try {
      ImageRecord record =
          record_from(Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                  text.begin() + static_cast<std::ptrdiff_t>(end)));
      const RecordKey key(record.class_name, record.index);
      records.insert_or_assign(key, std::move(record));
    } catch (const Json::exception&) {
      // A line that was torn and mended: its image is made again.
    }
    begin = end + 1;
  }
}

}  // namespace

ImageRecord describe(const CopyPaste& source, const CopyPasteImage& image, std::int64_t index) {
  const CutOutClass& one = source.classes()[image.class_index];
  ImageRecord record;
  record.class_name = one.name;
  record.index = index;
  record.width = image.image.width;
  record.height = image.image.height;
  record.background = source.backgrounds().entries()[image.background].name;
  for (const PastedCutOut& pasted : image.instances) {
    InstanceRecord instance{
        one.cut_outs[pasted.cut_out].name, pasted.pasted, pasted.box, data::rle_area(pasted.mask),
        data::rle_text(pasted.mask),       Json()};
    if (source.options().mode == CopyPasteMode::kVaried) {
      instance.variation = to_json(pasted.variation);
    }
    record.instances.push_back(std::move(instance));
  }
  for (const DroppedCutOut& dropped : image.dropped) {
    record.dropped.emplace_back(one.cut_outs[dropped.cut_out].name, dropped.reason);
  }
  return record;
}

std::string to_line(const ImageRecord& record) {
  Json instances = Json::array(), dropped = Json::array();
  for (const InstanceRecord& instance : record.instances) instances.push_back(to_json(instance));
  for (const auto& [name, reason] : record.dropped) {
    dropped.push_back(Json::array({name, drop_reason_name(reason)}));
  }
  return Json{{"class", record.class_name},
              {"index", record.index},
              {"file", record.file},
              {"bytes", record.bytes},
              {"sha256", record.sha256},
              {"width", record.width},
              {"height", record.height},
              {"background", record.background},
              {"instances", std::move(instances)},
              {"dropped", std::move(dropped)}}
      .dump();
}

void mend_journal(const fs::path& file) {
  std::error_code absent;
  if (!fs::exists(file, absent)) return;
  const std::string text = core::read_file(file);
  if (!text.empty() && text.back() != '\n') core::append_line(file, "");
}

std::map<RecordKey, ImageRecord> read_journals(const fs::path& folder) {
  std::map<RecordKey, ImageRecord> records;
  std::error_code absent;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, absent)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  if (absent && absent != std::errc::no_such_file_or_directory) {
    throw core::Error::io("list", folder, absent.value());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) read_journal(file, records);
  return records;
}

}  // namespace ersatz::generate
