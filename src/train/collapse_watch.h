// Notices when a generator has begun to give the same image for every input.
#pragma once

#include <cstdint>

#include "core/json.h"

namespace ersatz::train {

class CollapseWatch {
 public:
  // `relative_variety`: variety of transferred images over that of the target's (1 = alike).
  // After three observations in a row below 0.1 it warns once, naming the step.
  void observe(double relative_variety, std::int64_t step);

  bool collapsed() const { return collapsed_; }

  core::Json state() const;
  void load_state(const core::Json& state);

 private:
  int low_ = 0;
  bool collapsed_ = false;
};

}  // namespace ersatz::train
