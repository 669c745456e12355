#include "report/html/result_section.h"

#include <fmt/format.h>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/progress.h"
#include "report/html/claim_table.h"
#include "report/html/html_table.h"
#include "report/html/html_text.h"
#include "report/html/inline_svg.h"
#include "report/provenance_table.h"
#include "report/verdict_table.h"

namespace ersatz::report::html {
namespace {

namespace fs = std::filesystem;
using core::Json;

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "<li>" + escape(line) + "</li>";
  return text.empty() ? "" : "<ul>" + text + "</ul>\n";
}

std::string absent(const std::string& what) {
  return fmt::format("<p class=\"absent\">{} is missing: it was not drawn on this machine.</p>",
                     escape(what));
}

// Where, when and at what cost: one line.
std::string cost_line(const Json& provenance) {
  if (!provenance.is_object()) return "";
  std::vector<std::string> parts;
  const Json cost = provenance.value("cost", Json::object());
  if (cost.contains("compute_s") && cost["compute_s"].is_number()) {
    parts.push_back("computed in " + core::human_duration(cost["compute_s"].get<double>()));
  }
  const Json machine = provenance.value("machine", Json::object());
  if (machine.contains("device_name") && machine["device_name"].is_string()) {
    std::string on = "on " + short_device(machine["device_name"].get<std::string>());
    if (machine.contains("cores") && machine["cores"].is_number_integer()) {
      on += fmt::format(", {} cores", machine["cores"].get<int>());
    }
    parts.push_back(on);
  }
  const Json program = provenance.value("ersatz", Json::object());
  if (program.contains("commit") && program["commit"].is_string()) {
    parts.push_back("at commit " + program["commit"].get<std::string>().substr(0, 12));
  }
  if (parts.empty()) return "";
  return fmt::format("<p class=\"note\">{}.</p>\n",
                     escape(fmt::format("{}", fmt::join(parts, " "))));
}

// Short, as drawings name their symbols at every point; the same whatever else is on the page.
std::string drawing_prefix(const std::string& id) {
  return "d" + core::sha256_hex(id).substr(0, 6);
}

std::string drawing(const ProfileResults& results, const Figure& figure, const std::string& id) {
  const fs::path file = results.folder / "plots" / (figure.id + ".svg");
  const std::string shown =
      !figure.has_points() ? "<p class=\"absent\">" + escape(why_not_drawn(figure)) + "</p>"
      : fs::is_regular_file(file)
          ? "<div class=\"paper-white\">" +
                inline_svg(core::read_file(file), drawing_prefix(id), figure.title, file) + "</div>"
          : absent("plots/" + figure.id + ".svg");
  return fmt::format("<figure id=\"{}\"><figcaption><h4>{}</h4>{}</figcaption>\n{}</figure>\n", id,
                     escape(figure.title),
                     figure.caption.empty() ? "" : "<p>" + escape(figure.caption) + "</p>", shown);
}

std::string picture(const ProfileResults& results, const core::Picture& picture,
                    const std::string& id) {
  const fs::path file = results.folder / "pictures" / (picture.name + ".png");
  const std::string shown = fs::is_regular_file(file)
                                ? fmt::format("<img alt=\"{}\" src=\"{}\" loading=\"lazy\" />",
                                              escape(picture.caption), picture_uri(file))
                                : absent("pictures/" + picture.name + ".png");
  return fmt::format("<figure id=\"{}\">{}<figcaption><p>{}.</p></figcaption></figure>\n", id,
                     shown, escape(picture.caption));
}

std::string reduced(const ResultRecord& record) {
  const std::vector<ChangedSetting> changed = changed_settings(record.difference);
  std::string text = "<h4>What was reduced</h4>\n";
  if (record.differs.empty() && changed.empty()) {
    return text + "<p>Nothing: these are the published settings.</p>\n";
  }
  text += list(record.differs);
  if (changed.empty()) return text;
  std::vector<std::vector<std::string>> rows;
  for (const ChangedSetting& setting : changed) {
    rows.push_back({setting.key, setting.published, setting.here});
  }
  return text + fmt::format(
                    "<details><summary>{} settings differ from the published ones</summary>\n{}"
                    "</details>\n",
                    rows.size(), plain_table({"setting", "published", "here"}, rows));
}

std::string provenance(const ResultRecord& record, std::int64_t card_version) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : provenance_table(record, card_version)) {
    rows.push_back({name, value});
  }
  if (rows.empty()) return "<p class=\"absent\">No provenance was recorded.</p>\n";
  std::string text = plain_table({"what", "value"}, rows);
  const std::vector<std::string> warnings = provenance_warnings(record.provenance);
  if (!warnings.empty()) text += "<p>Warnings of the run:</p>\n" + list(warnings);
  return "<details><summary>Provenance</summary>\n" + text + "</details>\n";
}

}  // namespace

std::string result_section(const core::Card& card, const ProfileResults& results) {
  const ResultRecord& record = results.record;
  const Interpretation& made = results.interpretation;
  const std::string id = section_id(card.id, record.profile);
  std::string text = fmt::format("<section class=\"profile\" id=\"{}\">\n<h3>Profile {}</h3>\n", id,
                                 escape(record.profile));
  if (!record.profile_title.empty()) {
    text += fmt::format("<p>{}.</p>\n", escape(record.profile_title));
  }
  text += cost_line(record.provenance);
  const std::string older = older_card(record, card.version);
  if (!older.empty()) text += fmt::format("<p class=\"note\">{}</p>\n", escape(older));
  text += list(record.notes);
  if (!made.verdicts.empty()) {
    text += fmt::format("<h4>Verdicts: {}</h4>\n{}", escape(verdict_counts(made.verdicts)),
                        verdict_table(made.verdicts));
  }
  for (const Table& table : made.tables) {
    text += result_table(table, id + "-table-" + slug(table.id));
  }
  if (!made.figures.empty()) text += "<div class=\"figures\">\n";
  for (const Figure& figure : made.figures) {
    text += drawing(results, figure, id + "-plot-" + slug(figure.id));
  }
  if (!made.figures.empty()) text += "</div>\n";
  for (const core::Picture& shown : record.pictures) {
    text += picture(results, shown, id + "-picture-" + slug(shown.name));
  }
  text += reduced(record);
  const std::string gates = gate_table(made.gates);
  if (!gates.empty()) text += "<details><summary>Gates</summary>\n" + gates + "</details>\n";
  text += provenance(record, card.version);
  return text + fmt::format("<p>Again: <code>{}</code></p>\n</section>\n", escape(record.command));
}

}  // namespace ersatz::report::html
