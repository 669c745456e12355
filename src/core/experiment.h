// What an experiment registers: how its stages are declared and how their summaries become metrics.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/metrics.h"
#include "core/stage.h"

namespace ersatz::compute {
class RankGroup;
}

namespace ersatz::core {

// A dataset as an experiment sees it: where its files are, and the digest that enters stage keys.
struct DatasetHandle {
  std::string id;
  std::filesystem::path folder;
  std::string digest;  // of the manifest's file list
  std::string source;  // "cache", "mirror DIR", a URL: for provenance
  // What a reader of results must know about the files: that they were re-encoded, or that nobody
  // could verify them. Empty: nothing.
  std::string remark = {};
};

// Everything declare() may depend on.
class RunContext {
 public:
  virtual ~RunContext() = default;
  virtual const Config& config() const = 0;
  // Seeds of the replicates: base seed, base seed + 1, ...
  virtual const std::vector<std::int64_t>& seeds() const = 0;
  // The device computations run on: "cpu", "cuda:0".
  virtual const std::string& device() const = 0;
  // The processes that train together and the parts they divide batches into (see
  // train/training_run.h), for the bodies of collective stages; null: this one alone.
  virtual compute::RankGroup* ranks() const { return nullptr; }
  virtual std::int64_t parts() const { return 0; }
  // Finds a dataset by manifest id (Error::missing, exit 40, when it is not there).
  virtual const DatasetHandle& dataset(std::string_view id) = 0;
};

// Finished stages, for summarise().
class FinishedStages {
 public:
  void add(std::string name, std::filesystem::path dir, Json summary);
  bool has(std::string_view name) const;
  const std::filesystem::path& dir(std::string_view name) const;  // Error::internal when absent
  const Json& summary(std::string_view name) const;
  // Stages that failed under --keep-going: name -> error text.
  void add_failed(std::string name, std::string reason);
  std::optional<std::string> failure(std::string_view name) const;

 private:
  struct Entry {
    std::filesystem::path dir;
    Json summary;
  };
  std::map<std::string, Entry, std::less<>> finished_;
  std::map<std::string, std::string, std::less<>> failed_;
};

struct Picture {
  std::string name;            // file stem in results/, e.g. "gan_rows_385"
  std::filesystem::path file;  // a PNG written by a stage
  std::string caption;
};

// What summarise() fills. Tables, plots and verdicts are made from it by the card.
struct Results {
  MetricTable metrics;
  std::vector<Picture> pictures;
  // What the data is when it is not the paper's, e.g. "stand-in data": part of every table's and
  // figure's title. Empty: nothing to say.
  std::string data_label;
  // Speeds ("classifier.images_per_second"): they go to provenance, because equal runs must give
  // byte-equal metrics.
  Json throughput = Json::object();
  std::vector<std::string> notes;  // shown under the tables: "stand-in data", what was reduced
};

struct Experiment {
  std::string id;  // the folder name under experiments/
  void (*declare)(RunContext&, StageGraph&) = nullptr;
  void (*summarise)(RunContext&, const FinishedStages&, Results&) = nullptr;
  const char* source_file = "";
  int source_line = 0;
};

// Called by the macro. Two experiments with one id end the program at start, naming both places.
bool register_experiment(const Experiment& experiment);
const std::vector<Experiment>& registered_experiments();  // by id

}  // namespace ersatz::core

// In one .cpp of experiments/<id>/: ERSATZ_EXPERIMENT("mnist", declare, summarise)
#define ERSATZ_EXPERIMENT(id, declare, summarise)   \
  static const bool ersatz_experiment_registered_ = \
      ::ersatz::core::register_experiment({id, declare, summarise, __FILE__, __LINE__})
