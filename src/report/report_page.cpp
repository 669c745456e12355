#include "report/report_page.h"

#include <fmt/format.h>

#include "core/progress.h"
#include "report/markdown.h"
#include "report/number_text.h"
#include "report/verdict_table.h"

namespace ersatz::report {
namespace {

using core::Json;

std::string bullets(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "- " + markdown_escape(line) + "\n";
  return text;
}

std::string opening(const ReportInput& input) {
  const core::Citation& citation = input.card->citation;
  const ResultRecord& record = *input.record;
  std::string text = fmt::format("# {}: profile {}\n\n{}\n\n", markdown_escape(input.card->title),
                                 record.profile, markdown_escape(input.card->summary));
  text += fmt::format("Paper: {}. *{}*. {}{}.",
                      markdown_escape(fmt::format("{}", fmt::join(citation.authors, ", "))),
                      markdown_escape(citation.title),
                      citation.venue.empty() ? "" : markdown_escape(citation.venue) + ", ",
                      citation.year);
  if (!citation.url.empty()) text += fmt::format(" <{}>", citation.url);
  text += "\n\n";
  if (!record.profile_title.empty()) {
    text += fmt::format("Profile: {}.\n\n", markdown_escape(record.profile_title));
  }
  if (!record.notes.empty()) text += bullets(record.notes) + "\n";
  return text;
}

std::string verdict_section(const ReportInput& input) {
  std::string text = "## Verdicts\n\n";
  if (input.verdicts->empty()) return text + "The card states no claims.\n\n";
  text += verdict_counts(*input.verdicts) + ".\n\n" + verdict_markdown(*input.verdicts) +
          "\nA claim is reproduced when the 95 % interval of the effect satisfies it everywhere it "
          "must, not reproduced when an interval contradicts it, inconclusive otherwise.\n\n";
  const std::string gates = gate_markdown(*input.gates);
  if (!gates.empty()) text += "### Gates\n\n" + gates + "\n";
  return text;
}

std::string figure_section(const ReportInput& input) {
  std::string text;
  for (const Figure& figure : *input.figures) {
    text += fmt::format("### {}\n\n![{}](plots/{}.svg)\n\n", markdown_escape(figure.title),
                        markdown_escape(figure.title), figure.id);
    if (!figure.caption.empty()) text += markdown_escape(figure.caption) + " ";
    text += fmt::format("([png](plots/{0}.png), [data](plots/{0}.csv), [script](plots/{0}.gp))\n\n",
                        figure.id);
  }
  return text.empty() ? "" : "## Figures\n\n" + text;
}

std::string picture_section(const ReportInput& input) {
  std::string text;
  for (const core::Picture& picture : input.record->pictures) {
    text += fmt::format("![{0}](pictures/{1}.png)\n\n{0}.\n\n", markdown_escape(picture.caption),
                        picture.name);
  }
  return text.empty() ? "" : "## Pictures\n\n" + text;
}

std::string reduced_section(const ReportInput& input) {
  const ResultRecord& record = *input.record;
  const bool changed = record.difference.is_object() && !record.difference.empty();
  if (record.differs.empty() && !changed) {
    return "## What was reduced\n\nNothing: these are the published settings.\n\n";
  }
  std::string text = "## What was reduced\n\n" + bullets(record.differs);
  if (!record.differs.empty()) text += "\n";
  if (!changed) return text;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, pair] : record.difference.items()) {
    const bool two = pair.is_array() && pair.size() == 2;
    rows.push_back({"`" + key + "`", markdown_escape(two ? pair[0].dump() : ""),
                    markdown_escape(two ? pair[1].dump() : pair.dump())});
  }
  return text + "Settings that differ from the published ones:\n\n" +
         markdown_table({"setting", "published", "here"}, rows, {false, false, false}) + "\n";
}

std::string reproduce_section(const ReportInput& input) {
  const ResultRecord& record = *input.record;
  return fmt::format(
      "## How to reproduce\n\n```\n{}\nersatz check {} --profile {}\n```\n\n"
      "Datasets: {}. Every table, plot and verdict here was made from metrics.json and version {} "
      "of the card; `ersatz report` makes them again.\n\n",
      record.command, record.experiment, record.profile,
      input.card->datasets.empty() ? "none"
                                   : fmt::format("{}", fmt::join(input.card->datasets, ", ")),
      input.card->version);
}

// A scalar as shown to readers; empty for what is not one.
std::string scalar_text(const std::string& key, const Json& value) {
  const bool seconds = key.size() > 2 && key.compare(key.size() - 2, 2, "_s") == 0;
  const bool bytes = key.size() > 6 && key.compare(key.size() - 6, 6, "_bytes") == 0;
  if (value.is_number() && seconds) return core::human_duration(value.get<double>());
  if (value.is_number() && bytes) return core::human_bytes(value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  if (value.is_array() && value.size() <= 10) return value.dump();
  return "";
}

std::string label_of(std::string key) {
  for (const char* suffix : {"_bytes", "_s"}) {
    const std::string end = suffix;
    if (key.size() > end.size() && key.compare(key.size() - end.size(), end.size(), end) == 0) {
      key.resize(key.size() - end.size());
      break;
    }
  }
  for (char& c : key) {
    if (c == '_') c = ' ';
  }
  return key;
}

std::string provenance_section(const ReportInput& input) {
  const Json& provenance = input.record->provenance;
  if (!provenance.is_object()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : provenance.items()) {
    // Long maps (one entry per stage or input) stay in the file.
    if (key == "format" || key == "stages" || key == "inputs" || key == "warnings") continue;
    std::vector<std::string> parts;
    if (value.is_object()) {
      for (const auto& [name, item] : value.items()) {
        std::string text = scalar_text(name, item);
        // A dataset entry: its digest, shortened.
        if (item.is_object() && item.contains("sha256") && item["sha256"].is_string()) {
          text = item["sha256"].get<std::string>().substr(0, 12);
        }
        if (!text.empty()) parts.push_back(label_of(name) + " " + text);
      }
    } else if (const std::string text = scalar_text(key, value); !text.empty()) {
      parts.push_back(text);
    }
    if (parts.empty()) continue;
    rows.push_back({label_of(key), markdown_escape(fmt::format("{}", fmt::join(parts, "; ")))});
  }
  std::string text = "## Provenance\n\n" + markdown_table({"what", "value"}, rows, {false, false}) +
                     "\nThe complete record, with every setting and stage key, is in "
                     "[provenance.json](provenance.json).\n";
  if (provenance.contains("warnings") && provenance["warnings"].is_array() &&
      !provenance["warnings"].empty()) {
    text += "\nWarnings of the run:\n\n";
    for (const Json& warning : provenance["warnings"]) {
      if (warning.is_string()) text += "- " + markdown_escape(warning.get<std::string>()) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string report_page(const ReportInput& input) {
  std::string text = opening(input) + verdict_section(input);
  if (!input.tables->empty()) text += "## Tables\n\n";
  for (const Table& table : *input.tables) {
    text += to_markdown(table) +
            fmt::format("\n([csv](tables/{0}.csv), [LaTeX](tables/{0}.tex))\n\n", table.id);
  }
  text += figure_section(input) + picture_section(input) + reduced_section(input) +
          reproduce_section(input) + provenance_section(input);
  while (text.size() > 1 && text.back() == '\n' && text[text.size() - 2] == '\n') text.pop_back();
  return text;
}

}  // namespace ersatz::report
