#include "report/report_fixture.h"

namespace ersatz::test {

core::Card small_card() {
  core::Card card;
  card.id = "small";
  card.title = "A small paper";
  card.summary = "Two curves.";
  card.version = 2;
  card.citation.authors = {"A. Author", "B. Author"};
  card.citation.title = "Small & true";
  card.citation.year = 2018;
  card.datasets = {"digits"};
  core::PublishedSeries series;
  series.unit = "%";
  series.x = {55, 385, 5500};
  series.id = "original.error";
  series.y = {25, 6.3, 1.51};
  card.published.push_back(series);
  series.id = "gan.error";
  series.y = {70.5, 14.9, 3.9};
  card.published.push_back(series);

  core::TableSpec sweep;
  sweep.id = "sweep";
  sweep.title = "Error by N";
  sweep.caption = "On 10_000 images.";
  sweep.point_label = "N";
  sweep.columns = {{"original.error", "original", "original.error"},
                   {"gan.error", "original+GAN", "gan.error"}};
  core::TableSpec plain;
  plain.id = "plain";
  plain.title = "Summary";
  plain.headers = {"error", "speed"};
  plain.rows = {{"original", {"original.error@55", "speed"}, {25, std::nullopt}},
                {"GAN", {"gan.error@5500", ""}, {}}};
  card.tables = {sweep, plain};

  core::FigureSpec figure;
  figure.id = "curves";
  figure.title = "Error by N";
  figure.caption = "Both curves.";
  figure.x_label = "real images N";
  figure.y_label = "error, %";
  figure.x_log = figure.y_log = true;
  figure.series = {{"original.error", "original", "original.error", "blue", "solid"},
                   {"gan.error", "it's \"GAN\", too", "gan.error", "", "dashed"}};
  card.figures = {figure};

  core::Claim claim;
  claim.id = "gan_worse";
  claim.statement = "The GAN does not help.";
  claim.source = "p. 1";
  claim.kind = core::ClaimKind::kGreater;
  claim.left = "gan.error";
  claim.right = "original.error";
  claim.all_points = true;
  card.claims = {claim};

  core::Expectation expected;
  expected.profile = "mini";
  expected.metric = "original.error@55";
  expected.value = 25;
  expected.abs_tol = 9;
  card.expected = {expected};
  return card;
}

core::MetricTable small_metrics() {
  core::MetricTable metrics;
  const double points[] = {55, 385, 5500};
  const double centers[] = {24, 6.5, 1.5};
  for (int i = 0; i < 3; ++i) {
    for (int seed = 1; seed <= 3; ++seed) {
      metrics.add("original.error", points[i], seed, centers[i] * (1 + 0.01 * (seed - 2)), "%",
                  10000);
    }
  }
  for (int seed = 1; seed <= 3; ++seed) metrics.add("gan.error", 55, seed, 70 + seed, "%", 10000);
  metrics.add("gan.error", 385, 1, 15, "%", 10000);
  metrics.not_run("gan.error", 5500, "%", "no GAN at this N");
  metrics.add("speed", std::nullopt, 1, 8123.4, "images/s");
  return metrics;
}

report::ResultRecord small_record() {
  report::ResultRecord record;
  record.experiment = "small";
  record.profile = "mini";
  record.profile_title = "Small networks";
  record.command = "make reproduce-small";
  record.card_version = 2;
  record.metrics = small_metrics();
  record.notes = {"Stand-in data."};
  record.differs = {"Shorter trainings."};
  record.difference = {{"classifier.steps", {30000, 150}}};
  record.provenance = {{"format", 1},
                       {"machine", {{"cpu", "A CPU"}, {"threads", 2}}},
                       {"cost", {{"wall_s", 12.5}}},
                       {"warnings", {"debug build"}}};
  return record;
}

}  // namespace ersatz::test
