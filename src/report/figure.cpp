#include "report/figure.h"

#include <fmt/format.h>

#include "evaluate/summary.h"
#include "report/csv.h"

namespace ersatz::report {

Figure build_figure(const core::FigureSpec& spec, const core::Card& card,
                    const core::MetricTable& metrics) {
  Figure figure;
  figure.id = spec.id;
  figure.title = spec.title;
  figure.caption = spec.caption;
  figure.x_label = spec.x_label;
  figure.y_label = spec.y_label;
  figure.x_log = spec.x_log;
  figure.y_log = spec.y_log;
  for (std::size_t i = 0; i < spec.series.size(); ++i) {
    const core::FigureSeries& series = spec.series[i];
    FigureCurve curve;
    curve.label = series.label;
    curve.style = series_style(series.color, i);
    curve.dash = series.style;
    for (const core::Metric* metric : metrics.series(series.metric)) {
      const auto summary = evaluate::summarise(metric);
      if (!summary) continue;
      curve.ours.push_back({*metric->point, summary->mean, summary->interval, summary->n});
    }
    if (const auto* published = card.find_published(series.published)) {
      for (std::size_t k = 0; k < published->x.size(); ++k) {
        curve.published.push_back({published->x[k], published->y[k], std::nullopt, 0});
      }
    }
    figure.curves.push_back(std::move(curve));
  }
  return figure;
}

std::string figure_csv(const Figure& figure) {
  std::string text = "curve,source,x,y,low,high,seeds,label\n";
  for (std::size_t i = 0; i < figure.curves.size(); ++i) {
    const FigureCurve& curve = figure.curves[i];
    const auto add = [&](const char* source, const FigurePoint& point) {
      text += fmt::format("{},{},{},{},", i + 1, source, csv_number(point.x), csv_number(point.y));
      if (point.interval) text += csv_number(point.interval->low);
      text += ",";
      if (point.interval) text += csv_number(point.interval->high);
      text += fmt::format(",{},{}\n", point.seeds > 0 ? std::to_string(point.seeds) : "",
                          csv_field(curve.label));
    };
    for (const FigurePoint& point : curve.ours) add("ours", point);
    for (const FigurePoint& point : curve.published) add("published", point);
  }
  return text;
}

}  // namespace ersatz::report
