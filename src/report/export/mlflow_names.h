// Names of metrics, parameters and tags as MLflow accepts them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace ersatz::report {

// MLflow's rule (mlflow/utils/validation.py): letters and digits of any script, '_', '-', '.',
// ' ' and '/', at most 250 characters, and no path that has a shorter spelling ("a//b", "../a").
// Anything else becomes '_'; a longer name is cut and ends with eight digits of its digest.
std::string mlflow_name(std::string_view name);

// The names of one folder of a run (metrics/, params/ or tags/), each of which is a file there: no
// two are the same, and none is a folder of another one.
class MlflowNames {
 public:
  // The name to write; the same one for the same `name`.
  std::string operator()(const std::string& name);

  // The same for things that may share a name: a new one each time.
  std::string another(const std::string& name);

  // Names that had to change: ours -> MLflow's.
  const std::multimap<std::string, std::string>& changed() const { return changed_; }

 private:
  bool is_free(const std::string& name) const;

  std::map<std::string, std::string> given_;
  std::multimap<std::string, std::string> changed_;
  std::set<std::string> files_, folders_;
};

}  // namespace ersatz::report
