#include "report/result_record.h"

#include "core/error.h"
#include "core/plain_name.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr int kFormat = 1;

}  // namespace

Json metrics_json(const ResultRecord& record) {
  Json pictures = Json::array();
  for (const core::Picture& picture : record.pictures) {
    pictures.push_back({{"name", picture.name}, {"caption", picture.caption}});
  }
  return {{"format", kFormat},
          {"experiment", record.experiment},
          {"card_version", record.card_version},
          {"profile", record.profile},
          {"profile_title", record.profile_title},
          {"command", record.command},
          {"data_label", record.data_label},
          {"notes", record.notes},
          {"differs", record.differs},
          {"difference", record.difference.is_null() ? Json::object() : record.difference},
          {"pictures", pictures},
          {"metrics", record.metrics.to_json()}};
}

ResultRecord read_record(const fs::path& folder) {
  const fs::path file = folder / "metrics.json";
  const Json json = core::read_json(file);
  ResultRecord record;
  try {
    if (json.at("format") != kFormat) {
      throw core::Error::untrusted(file, "is of a format this version does not know");
    }
    record.experiment = json.at("experiment").get<std::string>();
    if (!json.at("card_version").is_number_integer()) {
      throw core::Error::untrusted(file, "\"card_version\" is no whole number");
    }
    record.card_version = json.at("card_version").get<std::int64_t>();
    record.profile = json.at("profile").get<std::string>();
    // Files and folders are named after both.
    for (const std::string& name : {record.experiment, record.profile}) {
      if (!core::plain_name(name)) throw core::Error::untrusted(file, "the name '" + name + "'");
    }
    record.profile_title = json.at("profile_title").get<std::string>();
    record.command = json.at("command").get<std::string>();
    record.data_label = json.value("data_label", std::string());
    record.notes = json.at("notes").get<std::vector<std::string>>();
    record.differs = json.at("differs").get<std::vector<std::string>>();
    record.difference = json.at("difference");
    for (const Json& picture : json.at("pictures")) {
      const auto name = picture.at("name").get<std::string>();
      if (!core::plain_name(name))
        throw core::Error::untrusted(file, "picture name '" + name + "'");
      record.pictures.push_back(
          {name, fs::path("pictures") / (name + ".png"), picture.at("caption").get<std::string>()});
    }
    record.metrics = core::MetricTable::from_json(json.at("metrics"));
  } catch (const Json::exception& error) {
    throw core::Error::untrusted(file, error.what());
  }
  if (fs::exists(folder / "provenance.json")) {
    record.provenance = core::read_json(folder / "provenance.json");
  }
  return record;
}

}  // namespace ersatz::report
