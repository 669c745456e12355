#include "report/draw_figure.h"

#include "core/file_system.h"
#include "report/figure_script.h"

namespace ersatz::report {

GnuplotOutcome draw_figure(const Figure& figure, const std::filesystem::path& folder) {
  core::write_file_atomic(folder / (figure.id + ".csv"), figure_csv(figure));
  core::write_file_atomic(folder / (figure.id + ".gp"), figure_script(figure));
  return run_gnuplot(folder, figure.id + ".gp");
}

}  // namespace ersatz::report
