#include "report/precision_recall.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "report/palette.h"

namespace ersatz::report {
namespace {

using evaluate::CocoCurves;
using evaluate::kCocoOverlaps;
using evaluate::kCocoRecalls;

struct Curve {
  const char* label;
  std::size_t first, last;  // overlaps
};
constexpr std::array<Curve, 3> kCurves = {
    {{"overlap 0.50", 0, 0}, {"overlap 0.75", 5, 5}, {"0.50 to 0.95", 0, kCocoOverlaps - 1}}};

std::vector<std::size_t> with_objects(const CocoCurves& curves,
                                      const std::vector<std::size_t>& categories) {
  std::vector<std::size_t> found;
  for (const std::size_t k : categories) {
    if (evaluate::coco_precision(curves, 0, k, 0)[0] > -1) found.push_back(k);
  }
  return found;
}

}  // namespace

std::optional<Figure> precision_recall_figure(const CocoCurves& curves,
                                              const std::vector<std::size_t>& categories,
                                              const std::string& id, const std::string& title) {
  const std::vector<std::size_t> classes = with_objects(curves, categories);
  if (classes.empty()) return std::nullopt;
  Figure figure;
  figure.id = id;
  figure.title = title;
  figure.x_label = "recall";
  figure.y_label = "precision";
  figure.markers = false;
  for (std::size_t i = 0; i < kCurves.size(); ++i) {
    const Curve& of = kCurves[i];
    const auto count = static_cast<double>(classes.size() * (of.last - of.first + 1));
    FigureCurve curve;
    curve.style = series_style("", i);
    std::array<double, kCocoRecalls> sums{};
    for (std::size_t t = of.first; t <= of.last; ++t) {
      for (const std::size_t k : classes) {
        const std::array<double, kCocoRecalls> one = evaluate::coco_precision(curves, t, k, 0);
        for (std::size_t r = 0; r < kCocoRecalls; ++r) sums[r] += one[r];
      }
    }
    double area = 0;
    for (std::size_t r = 0; r < kCocoRecalls; ++r) {
      FigurePoint point;
      point.x = static_cast<double>(r) / static_cast<double>(kCocoRecalls - 1);
      point.y = sums[r] / count;
      area += point.y / static_cast<double>(kCocoRecalls);
      curve.ours.push_back(point);
    }
    curve.label = fmt::format("{}: AP {:.3f}", of.label, area);
    figure.curves.push_back(std::move(curve));
  }
  return figure;
}

}  // namespace ersatz::report
