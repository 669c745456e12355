#include "core/provenance.h"

#include "core/blas.h"
#include "core/build_info.h"
#include "core/log.h"
#include "core/machine.h"

namespace ersatz::core {

Json provenance_json(const ProvenanceInput& input) {
  const BuildInfo& build = build_info();
  const Machine& machine = this_machine();
  Json json;
  json["format"] = 1;
  json["ersatz"] = {{"version", build.version},       {"commit", build.commit},
                    {"uncommitted", build.dirty},     {"compiler", build.compiler},
                    {"build_type", build.build_type}, {"flags", build.flags}};
  json["started"] = input.started;
  json["finished"] = utc_now();
  json["run"] = {{"experiment", input.request->experiment}, {"profile", input.config->profile()},
                 {"overrides", input.config->overrides()},  {"seeds", input.seeds},
                 {"config_sha256", input.config->digest()}, {"config", input.config->slice()}};
  json["machine"] = {{"cpu", machine.cpu_model},
                     {"cores", machine.physical_cores},
                     {"memory_bytes", machine.memory_bytes},
                     {"os", machine.os},
                     {"device", input.device},
                     {"device_name", input.device_name},
                     {"threads", input.threads},
                     {"blas_core", blas_core_name()},
                     {"numerics", input.numerics},
                     {"load_average", load_average()}};
  json["libraries"] = input.libraries;
  Json datasets = Json::object();
  for (const auto& [id, handle] : input.datasets) {
    datasets[id] = {{"sha256", handle.digest}, {"read_from", handle.source}};
    if (!handle.remark.empty()) datasets[id]["remark"] = handle.remark;
  }
  json["datasets"] = datasets;
  json["inputs"] = input.input_digests;
  Json stages = Json::object();
  if (input.plan != nullptr) {
    for (const PlannedStage& stage : *input.plan)
      stages[stage.spec->name] = stage.key.substr(0, 20);
  }
  json["stages"] = stages;
  json["cost"] = {{"wall_s", input.wall_seconds},
                  {"compute_s", input.compute_seconds},
                  {"cpu_s", cpu_seconds()},
                  {"peak_memory_bytes", peak_memory_bytes()}};
  json["warnings"] = logged_warnings();
  return json;
}

}  // namespace ersatz::core
