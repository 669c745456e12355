#include "report/html/claim_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html/html_text.h"

namespace ersatz::report::html {
namespace {

using evaluate::Verdict;
using evaluate::VerdictStatus;

std::string effect_cell(const Verdict& verdict) {
  std::string text = escape(verdict.effect_words);
  if (verdict.few_seeds()) text += " <span class=\"note\">(one or two seeds)</span>";
  return text;
}

// How many points a claim holds at that need not hold at all of them: its effect is that of one
// point, which may be undecided where the claim is not.
std::string holding(const core::Claim& claim, const Verdict& verdict) {
  if (claim.quantifier == core::Quantifier::kAll || verdict.status == VerdictStatus::kNotRun ||
      claim.kind == core::ClaimKind::kTrend) {
    return "";
  }
  std::size_t measured = 0, holds = 0;
  for (const evaluate::PointDetail& detail : verdict.details) {
    measured += detail.outcome != evaluate::Outcome::kMissing;
    holds += detail.outcome == evaluate::Outcome::kHolds;
  }
  if (measured < 2) return "";
  return fmt::format(
      " <span class=\"note\">holds at {} of {} points; {}</span>", holds, measured,
      claim.quantifier == core::Quantifier::kAny ? "one is enough" : "more than half are enough");
}

std::string expectation(const Verdict& verdict) {
  const auto expected = verdict.as_expected();
  if (!expected || *expected) return "";
  return fmt::format(" <span class=\"note\">expected to {}</span>",
                     verdict.expected_holds ? "hold" : "fail");
}

// "mini inconclusive" for every profile but the one that is shown.
std::string other_profiles(const ExperimentResults& experiment, const std::string& claim,
                           const ProfileResults& shown) {
  std::string text;
  for (const ProfileResults& results : experiment.profiles) {
    const Verdict* verdict = find_verdict(results, claim);
    if (&results == &shown || verdict == nullptr) continue;
    text += fmt::format("<a class=\"other\" href=\"#{}\">{} {}</a> ",
                        section_id(experiment.card.id, results.record.profile),
                        escape(results.record.profile), verdict_chip(verdict->status));
  }
  return text;
}

std::string front_row(const ExperimentResults& experiment, const core::Claim& claim) {
  std::string verdict_cell = verdict_chip(VerdictStatus::kNotRun), effect = "no results yet", where,
              others;
  if (!experiment.profiles.empty()) {
    const ProfileResults& shown = decisive_profile(experiment, claim.id);
    if (const Verdict* verdict = find_verdict(shown, claim.id); verdict != nullptr) {
      verdict_cell = verdict_chip(verdict->status) + expectation(*verdict);
      effect = verdict->effect_words.empty() ? escape(verdict->reason)
                                             : effect_cell(*verdict) + holding(claim, *verdict);
    }
    where =
        fmt::format("<a href=\"#{}\">{}</a>", section_id(experiment.card.id, shown.record.profile),
                    escape(shown.record.profile));
    if (!shown.record.data_label.empty()) {
      where += fmt::format(" <span class=\"note\">{}</span>", escape(shown.record.data_label));
    }
    others = other_profiles(experiment, claim.id, shown);
  }
  return fmt::format(
      "<tr id=\"claim-{}-{}\"><td class=\"claim\">{}</td><td class=\"verdict\">{}</td>"
      "<td class=\"effect\">{}</td><td class=\"where\">{}</td><td class=\"others\">{}</td></tr>\n",
      slug(experiment.card.id), slug(claim.id), escape(claim.statement), verdict_cell, effect,
      where, others);
}

}  // namespace

std::string section_id(const std::string& experiment, const std::string& profile) {
  return slug(experiment) + "-" + slug(profile);
}

const Verdict* find_verdict(const ProfileResults& results, const std::string& claim) {
  const auto& all = results.interpretation.verdicts;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Verdict& verdict) { return verdict.claim == claim; });
  return found == all.end() ? nullptr : &*found;
}

const ProfileResults& decisive_profile(const ExperimentResults& experiment,
                                       const std::string& claim) {
  for (auto results = experiment.profiles.rbegin(); results != experiment.profiles.rend();
       ++results) {
    const Verdict* verdict = find_verdict(*results, claim);
    if (verdict != nullptr && verdict->status != VerdictStatus::kNotRun) return *results;
  }
  return experiment.profiles.back();
}

std::string verdict_chip(VerdictStatus status) {
  const char* kind = "absent";
  if (status == VerdictStatus::kReproduced) kind = "holds";
  if (status == VerdictStatus::kNotReproduced) kind = "fails";
  if (status == VerdictStatus::kInconclusive) kind = "open";
  return fmt::format("<span class=\"chip {}\">{}</span>", kind, evaluate::to_string(status));
}

std::string front_table(const std::vector<ExperimentResults>& experiments) {
  std::string text;
  for (const ExperimentResults& experiment : experiments) {
    text += fmt::format(
        "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"5\">"
        "<a href=\"#{}\">{}</a></th></tr>\n",
        slug(experiment.card.id), escape(experiment.card.title));
    for (const core::Claim& claim : experiment.card.claims) text += front_row(experiment, claim);
    text += "</tbody>\n";
  }
  return fmt::format(
      "<div class=\"scroll\"><table class=\"claims\"><thead><tr><th scope=\"col\">claim</th>"
      "<th scope=\"col\">verdict</th><th scope=\"col\">effect</th><th scope=\"col\">profile</th>"
      "<th scope=\"col\">other profiles</th></tr></thead>\n{}</table></div>\n",
      text);
}

std::string verdict_table(const std::vector<Verdict>& verdicts) {
  std::string body;
  for (const Verdict& verdict : verdicts) {
    body += fmt::format(
        "<tr><td class=\"claim\">{}{}</td><td class=\"verdict\">{}{}</td>"
        "<td class=\"effect\">{}</td><td>{}</td></tr>\n",
        escape(verdict.statement),
        verdict.source.empty()
            ? ""
            : fmt::format(" <span class=\"note\">{}</span>", escape(verdict.source)),
        verdict_chip(verdict.status), expectation(verdict), effect_cell(verdict),
        escape(verdict.reason));
  }
  return fmt::format(
      "<div class=\"scroll\"><table class=\"claims\"><thead><tr><th scope=\"col\">claim</th>"
      "<th scope=\"col\">verdict</th><th scope=\"col\">effect</th><th scope=\"col\">why</th></tr>"
      "</thead>\n<tbody>{}</tbody></table></div>\n",
      body);
}

std::string gate_table(const evaluate::GateReport& gates) {
  if (gates.rows.empty()) return "";
  std::string body;
  for (const evaluate::GateRow& row : gates.rows) {
    const char* kind = "absent";
    if (row.status == evaluate::GateStatus::kPass) kind = "holds";
    if (row.status == evaluate::GateStatus::kDrift) kind = "open";
    if (row.status == evaluate::GateStatus::kFail) kind = "fails";
    body += fmt::format(
        "<tr><td><code>{}</code>{}</td><td><span class=\"chip {}\">{}</span></td><td>{}</td></tr>"
        "\n",
        escape(row.expected.metric),
        row.expected.gates ? "" : " <span class=\"note\">for information</span>", kind,
        evaluate::to_string(row.status), escape(row.words));
  }
  return fmt::format(
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">metric</th>"
      "<th scope=\"col\">gate</th><th scope=\"col\">measured</th></tr></thead>\n"
      "<tbody>{}</tbody></table></div>\n",
      body);
}

}  // namespace ersatz::report::html
