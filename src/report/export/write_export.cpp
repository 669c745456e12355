#include "report/export/write_export.h"

#include <algorithm>

#include "core/staged_folder.h"
#include "core/suggest.h"
#include "report/export/csv_files.h"
#include "report/export/export_target.h"
#include "report/export/latex_document.h"
#include "report/export/mlflow_store.h"
#include "report/export/tensorboard_log.h"

namespace ersatz::report {

namespace fs = std::filesystem;

std::vector<std::string> export_formats() { return {"csv", "latex", "mlflow", "tensorboard"}; }

std::vector<std::string> write_export(const std::vector<RunExport>& runs, const std::string& format,
                                      const fs::path& target) {
  const std::vector<std::string> formats = export_formats();
  if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
    throw core::unknown_name("format", format, formats);
  }
  const fs::path place = export_target(target);
  std::vector<std::string> warnings;
  for (const RunExport& run : runs) {
    warnings.insert(warnings.end(), run.warnings.begin(), run.warnings.end());
  }
  core::StagedFolder staged(place);
  if (format == "csv") write_csv_files(runs, staged.path());
  if (format == "latex") write_latex_document(runs, staged.path());
  if (format == "tensorboard") write_tensorboard_log(runs, staged.path());
  if (format == "mlflow") {
    for (std::string& warning : write_mlflow_store(runs, staged.path(), place)) {
      warnings.push_back(std::move(warning));
    }
  }
  staged.put_in_place();
  return warnings;
}

}  // namespace ersatz::report
