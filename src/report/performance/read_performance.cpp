#include <fmt/format.h>

#include "core/error.h"
#include "core/file_system.h"
#include "core/toml.h"
#include "report/performance/performance_page.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

// The kernels that a peer ran with: those it asked OpenBLAS for, else those it told it to take.
std::string peer_kernels(const Json& record) {
  if (record.contains("blas")) return record.at("blas").get<std::string>();
  const Json environment = record.value("environment", Json::object());
  return environment.value("OPENBLAS_CORETYPE", std::string());
}

class Reader {
 public:
  Reader(const fs::path& file, const fs::path& peers) : file_(file), peers_(peers) {}

  std::vector<Headline> read() const {
    const toml::table root = core::read_toml(file_);
    core::refuse_unknown_keys(file_, root, {"headline"}, "performance.toml");
    std::vector<Headline> headlines;
    const toml::array* const list = root["headline"].as_array();
    if (list == nullptr) throw Error::at_line(file_, 1, "there is no [[headline]]");
    for (const toml::node& node : *list) headlines.push_back(headline(table(node)));
    return headlines;
  }

 private:
  const toml::table& table(const toml::node& node) const {
    if (!node.is_table()) throw Error::at_line(file_, core::toml_line(node), "is no table");
    return *node.as_table();
  }

  std::string text(const toml::table& from, const char* key, bool required) const {
    const toml::node* const node = from.get(key);
    if (node == nullptr && !required) return {};
    if (node == nullptr || !node->is_string() || node->as_string()->get().empty()) {
      throw Error::at_line(file_, core::toml_line(node == nullptr ? from : *node),
                           fmt::format("'{}' is no text", key));
    }
    return node->as_string()->get();
  }

  std::optional<double> number(const toml::table& from, const char* key) const {
    const toml::node* const node = from.get(key);
    if (node == nullptr) return std::nullopt;
    const std::optional<double> value = node->value<double>();
    if (!value || !(*value > 0)) {
      throw Error::at_line(file_, core::toml_line(*node),
                           fmt::format("'{}' is no positive number", key));
    }
    return value;
  }

  bool flag(const toml::table& from, const char* key) const {
    const toml::node* const node = from.get(key);
    if (node != nullptr && !node->is_boolean()) {
      throw Error::at_line(file_, core::toml_line(*node),
                           fmt::format("'{}' is neither true nor false", key));
    }
    return node != nullptr && node->as_boolean()->get();
  }

  Headline headline(const toml::table& from) const {
    core::refuse_unknown_keys(file_, from,
                              {"what", "program", "benchmark", "counter", "unit", "less_is_better",
                               "peers", "limit", "limit_of", "note"},
                              "a headline");
    Headline headline;
    headline.what = text(from, "what", true);
    headline.program = text(from, "program", true);
    headline.benchmark = text(from, "benchmark", true);
    headline.counter = text(from, "counter", false);
    headline.unit = text(from, "unit", !headline.counter.empty());
    headline.less_is_better = flag(from, "less_is_better");
    if (headline.less_is_better && headline.counter.empty()) {
      throw Error::at_line(file_, core::toml_line(from), "'less_is_better' is of a counter");
    }
    headline.limit = number(from, "limit");
    headline.limit_of = text(from, "limit_of", headline.limit.has_value());
    headline.note = text(from, "note", false);
    if (const toml::array* const peers = from["peers"].as_array()) {
      for (const toml::node& node : *peers) add_peer(table(node), headline.peers);
    }
    return headline;
  }

  void add_peer(const toml::table& from, std::vector<Peer>& peers) const {
    core::refuse_unknown_keys(file_, from, {"name", "value", "from", "file", "rate"}, "a peer");
    Peer peer;
    peer.name = text(from, "name", true);
    const std::string file = text(from, "file", false);
    if (file.empty()) {
      const std::optional<double> value = number(from, "value");
      if (!value) {
        throw Error::at_line(file_, core::toml_line(from), "a peer with neither value nor file");
      }
      peer.value = *value;
      peer.where = text(from, "from", true);
      peers.push_back(std::move(peer));
      return;
    }
    const fs::path record_file = peers_ / (file + ".json");
    if (!fs::exists(record_file)) return;
    const Json record = core::read_json(record_file);
    const std::string rate = text(from, "rate", false);
    try {
      peer.value = record.at("fastest").at(rate.empty() ? "rate" : rate).get<double>();
      peer.name += fmt::format(" ({})", record.at("peer").get<std::string>());
      peer.where =
          fmt::format("{}, {} cores, load {:.1f}", record.at("cpu").get<std::string>(),
                      record.at("cores").get<int>(), record.at("load_avg").at(0).get<double>());
      const std::string kernels = peer_kernels(record);
      if (!kernels.empty()) peer.where += ", OpenBLAS kernels " + kernels;
    } catch (const Json::exception& error) {
      throw Error::untrusted(record_file, error.what());
    }
    if (!(peer.value > 0)) throw Error::untrusted(record_file, "a rate that is not positive");
    peers.push_back(std::move(peer));
  }

  const fs::path& file_;
  fs::path peers_;
};

}  // namespace

Performance read_performance(const fs::path& headlines, const fs::path& results) {
  Performance performance;
  performance.headlines = Reader(headlines, results / "peers").read();
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(results, ignored)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
    performance.programs[entry.path().stem().string()] =
        evaluate::read_benchmark_file(entry.path());
  }
  return performance;
}

}  // namespace ersatz::report
