// The sizes of a network as safetensors metadata, so that a weights file describes itself.
//
// A network lists its options once, in a function template visit_options(options, visit) that calls
// visit(name, member) for each; MetadataWriter and MetadataReader are two such visitors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ersatz::models {

class MetadataWriter {
 public:
  // `kind` names the network, e.g. "digit-classifier".
  explicit MetadataWriter(const char* kind) { metadata_["network"] = kind; }

  void operator()(const char* name, std::int64_t value);
  void operator()(const char* name, double value);  // shortest text that reads back exactly

  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  std::map<std::string, std::string> metadata_;
};

class MetadataReader {
 public:
  // Throws Error::untrusted when the metadata is not that of `kind`; so do the calls below when an
  // option is absent, not a number, or absurd (integers outside [0, 1,000,000]).
  MetadataReader(const char* kind, const std::map<std::string, std::string>& metadata,
                 std::filesystem::path file);

  void operator()(const char* name, std::int64_t& value) const;
  void operator()(const char* name, double& value) const;

 private:
  const std::string& text(const char* name) const;

  const std::map<std::string, std::string>& metadata_;
  std::filesystem::path file_;
};

// The names in a JSON list of texts, as files of classifiers and detectors have them under
// "class_names". Error::untrusted naming `file` for anything else.
std::vector<std::string> class_names(const std::string& text, const std::filesystem::path& file);

}  // namespace ersatz::models
