#include "report/draw_figure.h"

#include "core/file_system.h"
#include "report/figure_script.h"
#include "report/whole_drawing.h"

namespace ersatz::report {

namespace fs = std::filesystem;

GnuplotOutcome draw_figure(const Figure& figure, const std::filesystem::path& folder) {
  core::write_file_atomic(folder / (figure.id + ".csv"), figure_csv(figure));
  core::write_file_atomic(folder / (figure.id + ".gp"), figure_script(figure));
  const fs::path svg = folder / (figure.id + ".svg"), png = folder / (figure.id + ".png");
  GnuplotOutcome outcome = run_gnuplot(folder, figure.id + ".gp");
  // gnuplot ends well, too, where the disk had no room for what it drew.
  const bool whole = outcome.drawn && fs::is_regular_file(svg) && fs::is_regular_file(png) &&
                     is_whole_svg(core::read_file(svg)) && is_whole_png(core::read_file(png));
  if (whole) return outcome;
  // What is there is a part, or shows other data.
  for (const fs::path& drawing : {svg, png}) fs::remove(drawing);
  if (outcome.drawn) return {false, "gnuplot's drawing is not complete; is the disk full?"};
  return outcome;
}

}  // namespace ersatz::report
