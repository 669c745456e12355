#include "train/loss_meter.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cmath>

#include "core/error.h"

namespace ersatz::train {

void LossMeter::add(const torch::Tensor& loss, std::int64_t step) {
  if (loss.is_cpu()) {
    count(loss.item<double>(), step);
    return;
  }
  waiting_.push_back(loss.detach());
  waiting_steps_.push_back(step);
}

void LossMeter::flush() {
  if (waiting_.empty()) return;
  const torch::Tensor values = torch::stack(waiting_).to(torch::kFloat64).to(torch::kCPU);
  waiting_.clear();
  const std::vector<std::int64_t> steps = std::move(waiting_steps_);
  waiting_steps_.clear();
  for (std::size_t i = 0; i < steps.size(); ++i) count(values.data_ptr<double>()[i], steps[i]);
}

void LossMeter::reset() {
  sum_ = 0;
  count_ = 0;
}

core::Json LossMeter::state() const { return {{"sum", sum_}, {"count", count_}}; }

void LossMeter::load_state(const core::Json& state) {
  sum_ = state.at("sum").get<double>();
  count_ = state.at("count").get<std::int64_t>();
}

void LossMeter::count(double value, std::int64_t step) {
  if (!std::isfinite(value)) {
    throw core::Error::numeric(name_, fmt::format("step {}", step))
        .with_hint("a smaller learning rate, or gradient clipping, usually helps");
  }
  sum_ += value;
  ++count_;
}

}  // namespace ersatz::train
