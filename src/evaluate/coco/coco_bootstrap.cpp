#include "evaluate/coco/coco_bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/philox.h"
#include "evaluate/coco/coco_matching.h"
#include "evaluate/coco/coco_overlaps.h"
#include "evaluate/coco/coco_ranking.h"

namespace ersatz::evaluate {
namespace {

constexpr std::int64_t kLeastDraws = 10;
constexpr std::size_t k50 = 0, k75 = 5;

// How often each of so many is drawn.
std::vector<std::int32_t> draw(std::size_t count, std::uint64_t seed, std::int64_t number) {
  core::Stream random(seed, "bootstrap over pictures", static_cast<std::uint64_t>(number));
  std::vector<std::int32_t> times(count);
  for (std::size_t i = 0; i < count; ++i) ++times[random.below(count)];
  return times;
}

// How often each picture is drawn with its group.
std::vector<std::int32_t> draw_pictures(std::size_t pictures, const PictureGroups& groups,
                                        std::size_t group_count, std::uint64_t seed,
                                        std::int64_t number) {
  if (groups.empty()) return draw(pictures, seed, number);
  const std::vector<std::int32_t> of_groups = draw(group_count, seed, number);
  std::vector<std::int32_t> times;
  for (const std::size_t group : groups) times.push_back(of_groups[group]);
  return times;
}

// Nothing when a detector has nothing to find.
bool add_mean(const std::vector<const CocoResampler*>& detectors,
              const std::vector<std::int32_t>& times, double sign, ResampledScores& sum) {
  for (const CocoResampler* detector : detectors) {
    const ResampledScores scores = detector->scores(times);
    if (scores[0] < 0) return false;
    for (std::size_t m = 0; m < kResampledMeasures; ++m) {
      sum[m] += sign * scores[m] / static_cast<double>(detectors.size());
    }
  }
  return true;
}

ResampledEstimates resample(const std::vector<const CocoResampler*>& left,
                            const std::vector<const CocoResampler*>& right, std::int64_t draws,
                            std::uint64_t seed, const PictureGroups& groups) {
  if (left.empty()) throw core::Error::usage("a bootstrap needs a detector");
  if (draws < kLeastDraws) {
    throw core::Error::usage(fmt::format("{} draws are too few for a bootstrap", draws));
  }
  const std::size_t pictures = left.front()->pictures();
  for (const auto* side : {&left, &right}) {
    for (const CocoResampler* detector : *side) {
      if (detector->pictures() == pictures) continue;
      throw core::Error::usage(
          fmt::format("a bootstrap over {} pictures and over {}", pictures, detector->pictures()));
    }
  }
  if (!groups.empty() && groups.size() != pictures) {
    throw core::Error::usage(
        fmt::format("a bootstrap over {} pictures, {} of them in groups", pictures, groups.size()));
  }
  const std::size_t group_count =
      groups.empty() ? 0 : *std::max_element(groups.begin(), groups.end()) + 1;
  if (group_count == 1) throw core::Error::usage("a bootstrap needs more than one group");
  std::array<std::vector<double>, kResampledMeasures> values;
  for (std::int64_t k = 0; k < draws; ++k) {
    const std::vector<std::int32_t> times = draw_pictures(pictures, groups, group_count, seed, k);
    ResampledScores sum{};
    if (!add_mean(left, times, 1, sum) || !add_mean(right, times, -1, sum)) continue;
    for (std::size_t m = 0; m < kResampledMeasures; ++m) values[m].push_back(sum[m]);
  }
  if (values[0].empty()) throw core::Error::usage("there is nothing to find in any picture");
  constexpr double kTail = (1 - kLevel) / 2;
  ResampledEstimates estimates;
  for (std::size_t m = 0; m < kResampledMeasures; ++m) {
    estimates[m] = {sample_sd(values[m]),
                    {sample_quantile(values[m], kTail), sample_quantile(values[m], 1 - kTail)}};
  }
  return estimates;
}

}  // namespace

CocoResampler::CocoResampler(const data::CocoGroundTruth& truth,
                             const std::vector<data::CocoObject>& detections, CocoShape shape)
    : pictures_(truth.image_ids.size()) {
  std::map<std::int64_t, std::uint32_t> places;
  for (const std::int64_t id : truth.image_ids) {
    places.emplace(id, static_cast<std::uint32_t>(places.size()));
  }
  struct Ranked {
    double score;
    Entry entry;
  };
  for (const auto& [category, pictures] : divide_scenes(truth, detections)) {
    Category next;
    std::vector<Ranked> ranked;
    for (const auto& [image, scene] : pictures) {
      const std::uint32_t picture = places.at(image);
      const CocoMatches matches = match_scene(
          scene, coco_overlaps(scene.detections, scene.objects, shape), kCocoAreaRanges[0]);
      if (matches.wanted > 0) next.wanted.emplace_back(picture, matches.wanted);
      for (std::size_t d = 0; d < matches.scores.size(); ++d) {
        Entry entry;
        entry.picture = picture;
        for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
          const auto bit = static_cast<std::uint16_t>(1U << t);
          if (matches.hit[t][d] != 0) entry.hit = static_cast<std::uint16_t>(entry.hit | bit);
          if (matches.ignored[t][d] != 0) {
            entry.ignored = static_cast<std::uint16_t>(entry.ignored | bit);
          }
        }
        ranked.push_back({matches.scores[d], entry});
      }
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    for (const Ranked& one : ranked) next.entries.push_back(one.entry);
    categories_.push_back(std::move(next));
  }
}

double CocoResampler::precision(const Category& category, std::int64_t wanted, std::size_t overlap,
                                const std::vector<std::int32_t>& times) const {
  const auto bit = static_cast<std::uint16_t>(1U << overlap);
  std::vector<double> recalls, precisions;
  recalls.reserve(category.entries.size());
  precisions.reserve(category.entries.size());
  double right = 0, wrong = 0;
  for (const Entry& entry : category.entries) {
    const std::int32_t copies = times[entry.picture];
    if (copies == 0 || (entry.ignored & bit) != 0) continue;
    ((entry.hit & bit) != 0 ? right : wrong) += copies;
    recalls.push_back(right / static_cast<double>(wanted));
    precisions.push_back(right / (wrong + right + std::numeric_limits<double>::epsilon()));
  }
  for (std::size_t i = precisions.size(); i > 1; --i) {
    precisions[i - 2] = std::max(precisions[i - 2], precisions[i - 1]);
  }
  double sum = 0;
  std::size_t at = 0;
  for (std::size_t r = 0; r < kCocoRecalls; ++r) {
    while (at < recalls.size() && recalls[at] < coco_recall_step(r)) ++at;
    if (at == recalls.size()) break;
    sum += precisions[at];
  }
  return sum / static_cast<double>(kCocoRecalls);
}

ResampledScores CocoResampler::scores(const std::vector<std::int32_t>& times) const {
  if (times.size() != pictures_) {
    throw core::Error::internal(
        fmt::format("{} numbers of copies for {} pictures", times.size(), pictures_));
  }
  ResampledScores sum{};
  std::int64_t counted = 0;
  for (const Category& category : categories_) {
    std::int64_t wanted = 0;
    for (const auto& [picture, objects] : category.wanted) wanted += objects * times[picture];
    if (wanted == 0) continue;
    ++counted;
    for (std::size_t t = 0; t < kCocoOverlaps; ++t) {
      const double found = precision(category, wanted, t, times);
      sum[0] += found / static_cast<double>(kCocoOverlaps);
      if (t == k50) sum[1] += found;
      if (t == k75) sum[2] += found;
    }
  }
  if (counted == 0) return {-1, -1, -1};
  for (double& value : sum) value /= static_cast<double>(counted);
  return sum;
}

PictureGroups group_pictures(const std::vector<std::string>& keys) {
  std::map<std::string, std::size_t> numbers;
  PictureGroups groups;
  for (const std::string& key : keys) {
    groups.push_back(numbers.emplace(key, numbers.size()).first->second);
  }
  return groups;
}

ResampledEstimates resample_scores(const std::vector<const CocoResampler*>& detectors,
                                   std::int64_t draws, std::uint64_t seed,
                                   const PictureGroups& groups) {
  return resample(detectors, {}, draws, seed, groups);
}

ResampledEstimates resample_gap(const std::vector<const CocoResampler*>& left,
                                const std::vector<const CocoResampler*>& right, std::int64_t draws,
                                std::uint64_t seed, const PictureGroups& groups) {
  if (right.empty()) throw core::Error::usage("a gap needs two sides");
  return resample(left, right, draws, seed, groups);
}

core::Json to_json(const ResampledEstimates& estimates) {
  core::Json json = core::Json::object();
  for (std::size_t m = 0; m < kResampledMeasures; ++m) {
    json[coco_summary_names()[m]] = {{"sd", estimates[m].sd},
                                     {"low", estimates[m].interval.low},
                                     {"high", estimates[m].interval.high}};
  }
  return json;
}

}  // namespace ersatz::evaluate
