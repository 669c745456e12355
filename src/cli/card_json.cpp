#include "cli/card_json.h"

#include <optional>

#include "cli/dataset_state.h"
#include "cli/profile_state.h"
#include "core/error.h"

namespace ersatz::cli {
namespace {

using core::Card;
using core::Json;

Json claims_json(const Card& card) {
  Json claims = Json::array();
  for (const core::Claim& claim : card.claims) {
    claims.push_back({{"id", claim.id},
                      {"statement", claim.statement},
                      {"source", claim.source},
                      {"kind", to_string(claim.kind)},
                      {"expected", claim.expected_holds ? "holds" : "fails"}});
  }
  return claims;
}

Json published_json(const Card& card) {
  Json all = Json::array();
  for (const core::PublishedSeries& series : card.published) {
    Json json = {{"id", series.id},
                 {"unit", series.unit},
                 {"source", series.source},
                 {"confidence", to_string(series.confidence)}};
    if (series.x.empty()) {
      json["value"] = series.y.at(0);
    } else {
      json["x"] = series.x;
      json["y"] = series.y;
    }
    all.push_back(std::move(json));
  }
  return all;
}

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

const char* to_string(core::Direction direction) {
  switch (direction) {
    case core::Direction::kLowerIsBetter:
      return "lower";
    case core::Direction::kHigherIsBetter:
      return "higher";
    case core::Direction::kTwoSided:
      break;
  }
  return "two-sided";
}

Json expected_json(const Card& card) {
  Json all = Json::array();
  for (const core::Expectation& gate : card.expected) {
    all.push_back({{"profile", gate.profile},
                   {"metric", gate.metric},
                   {"kind", gate.gates ? "gate" : "info"},
                   {"value", gate.value},
                   {"tolerance", gate.tolerance()},
                   {"paper", optional_json(gate.paper)},
                   {"paper_tolerance", optional_json(gate.paper_tol)},
                   {"better", to_string(gate.direction)},
                   {"seeds", gate.seeds},
                   {"note", gate.note}});
  }
  return all;
}

Json changelog_json(const Card& card) {
  Json all = Json::array();
  for (const core::Change& change : card.changelog) {
    all.push_back({{"version", change.version}, {"date", change.date}, {"text", change.text}});
  }
  return all;
}

Json datasets_json(const Card& card) {
  Json all = Json::array();
  for (const std::string& id : card.datasets) {
    try {
      all.push_back(to_json(dataset_state(data::find_manifest(id))));
    } catch (const core::Error& error) {
      all.push_back({{"id", id}, {"problem", error.what()}});
    }
  }
  return all;
}

}  // namespace

Json card_json(const Card& card) {
  Json profiles = Json::array();
  for (const ProfileState& state : profile_states(card)) {
    Json json = to_json(state);
    if (state.config) json["changed"] = state.config->difference(state.config->base());
    profiles.push_back(std::move(json));
  }
  return {{"id", card.id},
          {"title", card.title},
          {"summary", card.summary},
          {"version", card.version},
          {"citation",
           {{"authors", card.citation.authors},
            {"title", card.citation.title},
            {"year", card.citation.year},
            {"venue", card.citation.venue},
            {"url", card.citation.url},
            {"bibtex", card.citation.bibtex}}},
          {"claims", claims_json(card)},
          {"published", published_json(card)},
          {"profiles", profiles},
          {"expected", expected_json(card)},
          {"datasets", datasets_json(card)},
          {"changelog", changelog_json(card)}};
}

}  // namespace ersatz::cli
