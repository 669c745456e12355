#include "report/export/run_export_fixture.h"

#include <cmath>
#include <limits>

#include "core/file_system.h"
#include "data/images/png_codec.h"

namespace ersatz::test {

report::RunExport hard_run(const std::filesystem::path& folder) {
  report::RunExport run;
  run.experiment = "früchte";
  run.profile = "mini";
  run.name = "mini";
  run.title = "50 % of \"fruit\" & others: #1_a";
  run.command = "make reproduce-toy PROFILE=mini";
  run.state = core::RunState::kInterrupted;
  run.message = "stopped by SIGINT";
  run.started = 1700000000000;
  run.finished = 1700000060000;
  run.version = "0.1.0";
  run.commit = std::string(40, 'a');
  run.facts["numerics"] = "cpu: yes\n'quoted'";
  run.settings = {{"train.lr", "0.0003"}, {"sweep.ratios", "[1,7]"}, {"größe", "ß"}};
  for (const std::int64_t seed : {1, 2, 3}) {
    const auto value = static_cast<double>(seed);
    run.metrics.add("accuracy", std::nullopt, seed, 90 + value, "%", 1000);
    run.metrics.add("error", 55, seed, value, "%");
    run.metrics.add("error", 385, seed, value / 2, "%");
  }
  run.metrics.add("ap", 0.5, 1, 0.25, "");
  run.metrics.add("ap", 0.75, 1, 0.125, "");
  run.metrics.not_run("error", 5500, "%", "profile mini stops at 385 [images]");
  run.verdicts = {{"c1", "A < B for N ≥ 385 & 猫", "reproduced", "holds at 2 of 2 points", -22.0625,
                   -23.5, -20.5, "%", "22.1 % lower at 385, \"surely\""},
                  {"c2", "C > D", "not run", "no D", {}, {}, {}, "", ""}};
  const double infinity = std::numeric_limits<double>::infinity();
  run.curves = {{"gan/55/loss", {{0, 1.5}, {50, std::nan("")}, {100, infinity}}},
                {"gan", {{0, 1}}},
                {"a@b:c", {{1, -infinity}}},
                {"../up//x", {{1, 2}}},
                {"猫/größe", {{1, 3}}},
                {std::string(400, 'x'), {{1, 4}}}};
  const data::GreyImage picture{4, 3, std::vector<std::uint8_t>(12, 128)};
  core::write_file_atomic(folder / "grid.png", data::encode_png(picture));
  core::write_file_atomic(folder / "report.md", "# Ä\n");
  run.pictures = {{"pictures/grid", folder / "grid.png", "A grid"}};
  run.files = {{"pictures/grid.png", folder / "grid.png"}, {"report.md", folder / "report.md"}};
  run.notes = {"Fewer steps: 50 % of them [really]."};
  return run;
}

}  // namespace ersatz::test
