// Names of metrics, parameters, tags and artifacts as MLflow accepts them.
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

// A file below artifacts/, '/' between its parts. MLflow reads such a name as an address: it
// decodes "%41", refuses '#', drops a ';' or '?' at the end, and takes "A:" for a scheme or a
// drive. These characters, '\', control characters, a space at the beginning and bytes that are
// no UTF-8 become '_'; all others stay.
std::string mlflow_file_name(std::string_view name);

// The names of one folder of a run (metrics/, params/, tags/ or artifacts/), each of which is a
// file there: no two are the same, and none is a folder of another one.
class MlflowNames {
 public:
  enum class Kind {
    kValues,  // by mlflow_name
    kFiles    // by mlflow_file_name; they keep their extensions
  };
  explicit MlflowNames(Kind kind = Kind::kValues) : kind_(kind) {}

  // The name to write; the same one for the same `name`.
  std::string operator()(const std::string& name);

  // The same for things that may share a name: a new one each time.
  std::string another(const std::string& name);

  // Names that had to change: ours -> MLflow's.
  const std::multimap<std::string, std::string>& changed() const { return changed_; }

 private:
  bool is_below_a_file(const std::string& name) const;
  bool is_free(const std::string& name) const;
  std::string numbered(const std::string& name, int number) const;

  Kind kind_;
  std::map<std::string, std::string> given_;
  std::multimap<std::string, std::string> changed_;
  std::set<std::string> files_, folders_;
};

}  // namespace ersatz::report
