#include "cli/card_text.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "cli/dataset_state.h"
#include "cli/profile_state.h"
#include "cli/published_text.h"
#include "cli/text_layout.h"
#include "core/error.h"
#include "report/number_text.h"

namespace ersatz::cli {
namespace {

using core::Card;

std::string citation_text(const core::Citation& citation) {
  std::string text = fmt::format("{} ({}). {}.", fmt::join(citation.authors, ", "),
                                 citation.year_text(), citation.title);
  if (!citation.venue.empty()) text += " " + citation.venue + ".";
  std::string lines = fmt::format("  {}\n", wrapped(text, 2));
  if (!citation.url.empty()) lines += fmt::format("  {}\n", citation.url);
  return lines;
}

std::string claims_text(const Card& card) {
  std::string text;
  for (const core::Claim& claim : card.claims) {
    text += fmt::format("  - {}\n", wrapped(claim.statement, 4));
    text += fmt::format(
        "    {}\n",
        wrapped(fmt::format("[{}] {}{}", claim.id, claim.source,
                            claim.expected_holds ? "" : "; we expect that it does not hold"),
                4));
  }
  return text;
}

std::string published_text(const Card& card) {
  std::string text;
  for (const core::TableSpec& spec : card.tables) {
    const std::string table = published_table_text(card, spec);
    if (table.empty()) continue;
    text += fmt::format("  {}\n{}", wrapped(spec.title, 2), table);
  }
  // Many series share one source: it is told once.
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> by_source;
  for (const core::PublishedSeries& series : card.published) {
    const std::string source =
        fmt::format("{} (confidence {})", series.source, to_string(series.confidence));
    if (by_source.count(source) == 0) order.push_back(source);
    by_source[source].push_back(series.id);
  }
  for (const std::string& source : order) {
    text += fmt::format(
        "  {}\n", wrapped(fmt::format("{}: {}", fmt::join(by_source[source], ", "), source), 2));
  }
  return text;
}

// "[1, 2]": lines of a long list are broken at its spaces.
std::string value_words(const core::Json& value) {
  if (!value.is_array()) return value.dump();
  std::vector<std::string> items;
  for (const core::Json& item : value) items.push_back(value_words(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string profile_text(const ProfileState& profile) {
  if (!profile.config) return fmt::format("  {}: {}\n", profile.name, profile.problem);
  const core::Config& config = *profile.config;
  std::string text =
      fmt::format("  {}: {}\n", profile.name, wrapped(config.title(), profile.name.size() + 4));
  text += fmt::format("    cost: {}\n",
                      config.cost().empty() ? "not stated" : wrapped(config.cost(), 10));
  text += fmt::format("    results: {}\n", wrapped(results_words(profile), 13));
  for (const std::string& line : config.differs()) {
    text += fmt::format("    - {}\n", wrapped(line, 6));
  }
  std::vector<std::string> changes;
  const core::Json difference = config.difference(config.base());
  for (const auto& [key, values] : difference.items()) {
    changes.push_back(
        fmt::format("{} {} -> {}", key, value_words(values.at(0)), value_words(values.at(1))));
  }
  if (!changes.empty()) {
    text +=
        fmt::format("    changed: {}\n", wrapped(fmt::format("{}", fmt::join(changes, "; ")), 13));
  }
  return text;
}

std::string tolerance_words(const core::Expectation& gate) {
  std::string text = report::plain_number(gate.value);
  if (gate.abs_tol || gate.rel_tol) {
    text += fmt::format(" ± {}", report::plain_number(gate.tolerance()));
  }
  if (gate.direction == core::Direction::kLowerIsBetter) text += ", lower is better";
  if (gate.direction == core::Direction::kHigherIsBetter) text += ", higher is better";
  return text;
}

// What `ersatz check` holds each profile's results against.
std::string gates_text(const Card& card) {
  std::map<std::string, std::vector<std::vector<std::string>>> rows;
  std::vector<std::string> names;
  for (const core::Expectation& gate : card.expected) {
    if (rows.count(gate.profile) == 0) names.push_back(gate.profile);
    std::string paper;
    if (gate.paper) {
      paper = "paper " + report::plain_number(*gate.paper);
      if (gate.paper_tol) paper += " ± " + report::plain_number(*gate.paper_tol);
    }
    rows[gate.profile].push_back(
        {gate.metric, tolerance_words(gate), paper, gate.gates ? "" : "shown, never fails"});
  }
  std::string text;
  for (const std::string& name : ordered_profiles(names)) {
    text += fmt::format("  {}\n{}", name, aligned(rows[name], 4));
  }
  return text.empty() ? "  none: `ersatz check` has nothing to hold results against\n" : text;
}

std::string changelog_text(const Card& card) {
  std::string text;
  for (auto change = card.changelog.rbegin(); change != card.changelog.rend(); ++change) {
    const std::string head = fmt::format("{} ({})", change->version, change->date);
    text += fmt::format("  {}  {}\n", head, wrapped(change->text, head.size() + 4));
  }
  return text;
}

std::string dataset_text(const std::string& id) {
  try {
    const DatasetState state = dataset_state(data::find_manifest(id));
    std::string text = fmt::format("  {}: {}\n", id, wrapped(state.manifest.title, id.size() + 4));
    text += fmt::format("    licence: {}\n", wrapped(licence_words(state.manifest), 13));
    if (!state.manifest.redistribution.empty()) {
      text += fmt::format("    {}\n", wrapped(state.manifest.redistribution, 4));
    }
    const std::string where = state.problem.empty() ? state.where : state.problem;
    const std::string fate = !state.problem.empty() ? "damaged"
                             : state.present        ? "here"
                                                    : "not here";
    text += fmt::format("    {}\n", wrapped(fate + ": " + where, 4));
    return text;
  } catch (const core::Error& error) {
    return fmt::format("  {}: {}\n", id, error.what());
  }
}

}  // namespace

std::string card_text(const Card& card) {
  std::string text = fmt::format("{}  {}\n\n", card.id, wrapped(card.title, card.id.size() + 2));
  text += fmt::format("{}\n\nPaper\n{}", wrapped(card.summary, 0), citation_text(card.citation));
  text += "\nClaims\n" + claims_text(card);
  const std::string published = published_text(card);
  if (!published.empty()) text += "\nPublished numbers\n" + published;
  text += "\nProfiles\n";
  for (const ProfileState& profile : profile_states(card)) text += profile_text(profile);
  text += "\nGates\n" + gates_text(card);
  text += "\nData\n";
  for (const std::string& id : card.datasets) text += dataset_text(id);
  if (!card.changelog.empty()) text += "\nChangelog\n" + changelog_text(card);
  text += "\n" +
          wrapped(fmt::format("Card version {}; run it with `make reproduce-{}` or `ersatz run {}`",
                              card.version, card.id, card.id),
                  0) +
          "\n";
  return text;
}

}  // namespace ersatz::cli
