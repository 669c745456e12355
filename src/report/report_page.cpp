#include "report/report_page.h"

#include <fmt/format.h>

#include "report/markdown.h"
#include "report/number_text.h"
#include "report/provenance_table.h"
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
                      citation.year_text());
  if (!citation.url.empty()) text += fmt::format(" <{}>", citation.url);
  text += "\n\n";
  if (!record.profile_title.empty()) {
    text += fmt::format("Profile: {}.\n\n", markdown_escape(record.profile_title));
  }
  const std::string older = older_card(record, input.card->version);
  if (!older.empty()) text += markdown_escape(older) + "\n\n";
  if (!record.notes.empty()) text += bullets(record.notes) + "\n";
  return text;
}

std::string verdict_section(const ReportInput& input) {
  std::string text = "## Verdicts\n\n";
  if (input.verdicts->empty()) return text + "The card states no claims.\n\n";
  text += verdict_counts(*input.verdicts) + ".\n\n" + verdict_markdown(*input.verdicts) + "\n" +
          verdict_rule() + "\n\n";
  const std::string gates = gate_markdown(*input.gates);
  if (!gates.empty()) text += "### Gates\n\n" + gates + "\n";
  return text;
}

std::string figure_section(const ReportInput& input) {
  std::string text;
  for (const Figure& figure : *input.figures) {
    text += fmt::format("### {}\n\n", markdown_escape(figure.title));
    if (!figure.has_points()) {
      text += markdown_escape(why_not_drawn(figure)) + "\n\n";
      continue;
    }
    text += fmt::format("![{}](plots/{}.svg)\n\n", markdown_escape(figure.title), figure.id);
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
  const std::vector<ChangedSetting> changed = changed_settings(record.difference);
  if (record.differs.empty() && changed.empty()) {
    return "## What was reduced\n\nNothing: these are the published settings.\n\n";
  }
  std::string text = "## What was reduced\n\n" + bullets(record.differs);
  if (!record.differs.empty()) text += "\n";
  if (changed.empty()) return text;
  std::vector<std::vector<std::string>> rows;
  for (const ChangedSetting& setting : changed) {
    rows.push_back({"`" + setting.key + "`", markdown_escape(setting.published),
                    markdown_escape(setting.here)});
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

std::string provenance_section(const ReportInput& input) {
  const Json& provenance = input.record->provenance;
  if (!provenance.is_object()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : provenance_table(*input.record, input.card->version)) {
    rows.push_back({name, markdown_escape(value)});
  }
  std::string text = "## Provenance\n\n" + markdown_table({"what", "value"}, rows, {false, false}) +
                     "\nThe complete record, with every setting and stage key, is in "
                     "[provenance.json](provenance.json).\n";
  const std::vector<std::string> warnings = provenance_warnings(provenance);
  if (!warnings.empty()) text += "\nWarnings of the run:\n\n" + bullets(warnings);
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
