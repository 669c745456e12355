#include "report/interpretation.h"

#include <fmt/format.h>

#include "evaluate/claim.h"

namespace ersatz::report {
namespace {

// "Error on the test images" -> "Error on the test images (stand-in data)".
std::string labelled(const std::string& title, const ResultRecord& record) {
  return record.data_label.empty() ? title : fmt::format("{} ({})", title, record.data_label);
}

}  // namespace

Interpretation interpret(const core::Card& card, const ResultRecord& record) {
  Interpretation made;
  made.verdicts = evaluate::evaluate_claims(card, record.metrics);
  made.gates = evaluate::check_gates(card, record.profile, record.metrics);
  for (const core::TableSpec& spec : card.tables) {
    made.tables.push_back(build_table(spec, card, record.metrics, record.card_version));
    made.tables.back().title = labelled(spec.title, record);
  }
  for (const core::FigureSpec& spec : card.figures) {
    made.figures.push_back(build_figure(spec, card, record.metrics, record.card_version));
    made.figures.back().title = labelled(spec.title, record);
  }
  return made;
}

}  // namespace ersatz::report
