#include "report/export/latex_document.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "core/error.h"
#include "core/file_system.h"
#include "evaluate/summary.h"
#include "report/latex.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;

// longtable aligns a table's head with its rows by the widths that the run before wrote down.
constexpr const char* kPreamble = R"(% Twice: pdflatex main.tex && pdflatex main.tex
\documentclass[a4paper,landscape,10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage[margin=18mm]{geometry}
\usepackage{booktabs}
\usepackage{longtable}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\begin{document}
)";

// A table over several pages: columns of the given kinds, a head, rows ended with "\\".
std::string long_table(const std::string& columns, const std::string& head,
                       const std::string& rows) {
  return fmt::format(
      "\\begin{{longtable}}{{{}}}\n  \\toprule\n  {} \\\\\n  \\midrule\n  \\endhead\n{}"
      "  \\bottomrule\n\\end{{longtable}}\n",
      columns, head, rows);
}

std::string metrics_table(const core::MetricTable& metrics) {
  std::string rows;
  for (const core::Metric& metric : metrics.all()) {
    const std::string name =
        latex_escape(metric.unit.empty() ? metric.address()
                                         : fmt::format("{} ({})", metric.address(), metric.unit));
    const auto summary = evaluate::summarise(&metric);
    if (!summary) {
      rows += fmt::format("  {} & not run & & {} \\\\\n", name, latex_escape(metric.not_run));
      continue;
    }
    rows += fmt::format("  {} & {} & {} & \\\\\n", name, latex_measured(*summary), summary->n);
  }
  return long_table("lrrp{0.4\\linewidth}", "metric & value & seeds & not run because", rows);
}

// Three digits, with a minus that is none of text.
std::string short_number(double value) {
  return std::abs(value) >= 1000 ? fmt::format("${:.0f}$", value) : fmt::format("${:.3g}$", value);
}

// "22 points", and "20.5 to 23.6"; empty when there is none.
std::string effect_text(const ExportedVerdict& verdict) {
  if (!verdict.effect) return {};
  const std::string number = short_number(*verdict.effect);
  return verdict.unit.empty() ? number : number + " " + latex_escape(verdict.unit);
}

std::string interval_text(const ExportedVerdict& verdict) {
  if (!verdict.low || !verdict.high) return {};
  return fmt::format("{} to {}", short_number(*verdict.low), short_number(*verdict.high));
}

std::string claims_table(const std::vector<ExportedVerdict>& verdicts) {
  std::string rows;
  for (const ExportedVerdict& verdict : verdicts) {
    rows += fmt::format("  {} & {} & {} & {} & {} \\\\\n", latex_escape(verdict.status),
                        latex_escape(verdict.statement), effect_text(verdict),
                        interval_text(verdict), latex_escape(verdict.reason));
  }
  return long_table("lp{0.36\\linewidth}llp{0.22\\linewidth}",
                    "verdict & claim & effect & 95 \\% interval & reason", rows);
}

// Writes a run's tables; returns what main.tex says about it.
std::string write_run(const RunExport& run, const fs::path& root, const std::string& folder) {
  std::string text = fmt::format("\\section*{{{}}}\n{}\\par\n", latex_escape(run.label()),
                                 latex_escape(run.title));
  if (!run.is_finished()) {
    text += fmt::format("State: {}. {}\\par\n", core::run_state_name(run.state),
                        latex_escape(run.message));
  }
  for (const std::string& note : run.notes) text += latex_escape(note) + "\\par\n";
  const auto input = [&](const std::string& name, const std::string& content) {
    core::write_file_atomic(root / folder / (name + ".tex"), content);
    text += fmt::format("\\input{{{}/{}}}\n", folder, name);
  };
  if (!run.verdicts.empty()) input("claims", claims_table(run.verdicts));
  for (const ExportedFile& file : run.files) {
    const fs::path name(file.name);
    if (name.extension() != ".tex" || name.parent_path().filename() != "tables") continue;
    input("table-" + name.stem().string(), core::read_file(file.file));
  }
  if (!run.metrics.all().empty()) input("metrics", metrics_table(run.metrics));
  return text + "\\clearpage\n";
}

// Folders named by \input: letters, digits and dashes, whatever the run is called.
std::string plain_name(const std::string& name) {
  std::string plain;
  for (const char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    plain += fine || c == '-' ? c : '-';
  }
  return plain;
}

}  // namespace

void write_latex_document(const std::vector<RunExport>& runs, const fs::path& folder) {
  std::string text = kPreamble;
  std::set<std::string> written;
  for (const RunExport& run : runs) {
    const std::string name = plain_name(fmt::format("{}-{}", run.experiment, run.name));
    if (!written.insert(name).second) {
      throw core::Error::usage(fmt::format("{} is exported twice", run.label()));
    }
    text += write_run(run, folder, name);
  }
  core::write_file_atomic(folder / "main.tex", text + "\\end{document}\n");
}

}  // namespace ersatz::report
