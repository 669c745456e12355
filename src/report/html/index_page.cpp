#include "report/html/index_page.h"

#include <fmt/format.h>

#include <map>

#include "report/html/claim_table.h"
#include "report/html/html_text.h"
#include "report/html/index_style.h"
#include "report/html/result_section.h"
#include "report/verdict_table.h"

namespace ersatz::report::html {
namespace {

using evaluate::VerdictStatus;

std::string counts(const std::vector<ExperimentResults>& experiments) {
  std::map<VerdictStatus, std::size_t> count;
  std::size_t claims = 0;
  for (const ExperimentResults& experiment : experiments) {
    claims += experiment.card.claims.size();
    for (const core::Claim& claim : experiment.card.claims) {
      const evaluate::Verdict* verdict =
          experiment.profiles.empty()
              ? nullptr
              : find_verdict(decisive_profile(experiment, claim.id), claim.id);
      ++count[verdict == nullptr ? VerdictStatus::kNotRun : verdict->status];
    }
  }
  std::string text;
  for (const VerdictStatus status : {VerdictStatus::kReproduced, VerdictStatus::kNotReproduced,
                                     VerdictStatus::kInconclusive, VerdictStatus::kNotRun}) {
    text += fmt::format(" <span class=\"count\">{} {}</span>", count[status], verdict_chip(status));
  }
  return fmt::format("<p>{} claim{} of {} paper{}:{}</p>\n", claims, claims == 1 ? "" : "s",
                     experiments.size(), experiments.size() == 1 ? "" : "s", text);
}

std::string citation(const core::Citation& cited) {
  const std::string title = cited.url.empty() ? escape(cited.title)
                                              : fmt::format("<a href=\"{}\">{}</a>",
                                                            escape(cited.url), escape(cited.title));
  return fmt::format("<p>Paper: {}. <cite>{}</cite>. {}{}.</p>\n",
                     escape(fmt::format("{}", fmt::join(cited.authors, ", "))), title,
                     cited.venue.empty() ? "" : escape(cited.venue) + ", ", cited.year_text());
}

std::string changelog(const core::Card& card) {
  std::string items;
  for (const core::Change& change : card.changelog) {
    items += fmt::format("<li>version {}, {}: {}</li>", change.version, escape(change.date),
                         escape(change.text));
  }
  if (items.empty()) return "";
  return "<details><summary>Changes of this experiment</summary><ul>" + items + "</ul></details>\n";
}

std::string experiment_part(const ExperimentResults& experiment) {
  const core::Card& card = experiment.card;
  std::string text = fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n<p>{}</p>\n", slug(card.id),
                                 escape(card.title), escape(card.summary));
  text += citation(card.citation);
  if (experiment.profiles.empty()) {
    text += fmt::format(
        "<p class=\"absent\">There are no results yet. <code>make reproduce-{}</code> makes "
        "them.</p>\n",
        escape(card.id));
  }
  // The most thorough one first.
  for (auto results = experiment.profiles.rbegin(); results != experiment.profiles.rend();
       ++results) {
    text += result_section(card, *results);
  }
  return text + changelog(card) + "</section>\n";
}

}  // namespace

bool is_published(std::string_view profile) { return profile != "smoke"; }

ProfileResults read_profile_results(const core::Card& card, const std::filesystem::path& folder) {
  ProfileResults results;
  results.folder = folder;
  results.record = read_record(folder);
  results.interpretation = interpret(card, results.record);
  return results;
}

std::string index_page(const std::vector<ExperimentResults>& experiments) {
  std::string body =
      "<header><h1>Which claims about synthetic training images hold?</h1>\n"
      "<p>Published experiments, run again by Ersatz. Every number below was measured by a run "
      "whose settings, data and program are recorded with it; the papers' numbers stand beside "
      "them, marked as such.</p>\n";
  body += counts(experiments) + "<p class=\"note\">" + escape(verdict_rule()) +
          " Verdicts are those of the most thorough profile that measured the claim; "
          "results on stand-in data say so.</p>\n</header>\n<main>\n";
  body += front_table(experiments);
  for (const ExperimentResults& experiment : experiments) body += experiment_part(experiment);
  return fmt::format(
      "<!DOCTYPE html>\n"
      "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
      "<title>Ersatz: which claims hold</title>\n<link rel=\"icon\" href=\"data:,\" />\n"
      "<style>{}</style>\n</head>\n<body>\n{}</main>\n</body>\n</html>\n",
      kIndexStyle, body);
}

}  // namespace ersatz::report::html
