#include "train/collapse_watch.h"

#include <fmt/format.h>

#include "core/log.h"

namespace ersatz::train {

namespace {

constexpr double kLowVariety = 0.1;
constexpr int kPatience = 3;

}  // namespace

void CollapseWatch::observe(double relative_variety, std::int64_t step) {
  low_ = relative_variety < kLowVariety ? low_ + 1 : 0;
  if (low_ < kPatience || collapsed_) return;
  collapsed_ = true;
  core::log_warning(
      fmt::format("the generator has collapsed: at step {} its images differ from each other by "
                  "{:.1f} % of what the target's do",
                  step, 100 * relative_variety));
}

core::Json CollapseWatch::state() const { return {{"low", low_}, {"collapsed", collapsed_}}; }

void CollapseWatch::load_state(const core::Json& state) {
  low_ = state.at("low").get<int>();
  collapsed_ = state.at("collapsed").get<bool>();
}

}  // namespace ersatz::train
