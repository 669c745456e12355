#include "generate/diffusion/finite_watch.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <utility>

#include "core/error.h"

namespace ersatz::generate {
namespace {

bool is_finite(const torch::Tensor& tensor) { return torch::isfinite(tensor).all().item<bool>(); }

// Remembers the first part of the network whose output is not finite.
class FirstBadOutput : public models::UNetObserver {
 public:
  void on_output(const std::string& name, const torch::Tensor& output) override {
    if (name_.empty() && !is_finite(output)) name_ = name;
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

}  // namespace

FiniteWatch::FiniteWatch(std::int64_t interval, Repeat repeat)
    : interval_(interval), repeat_(std::move(repeat)) {}

void FiniteWatch::add(std::int64_t call, double timestep, const torch::Tensor& before,
                      const torch::Tensor& output, const torch::Tensor& after) {
  // 0 * NaN and 0 * infinity are NaN, and so is any sum with them; everything finite gives 0.
  pending_.push_back({call, timestep, before, output, after.mul(0.0).sum()});
  if (static_cast<std::int64_t>(pending_.size()) >= interval_) finish();
}

void FiniteWatch::finish() {
  if (pending_.empty()) return;
  std::vector<torch::Tensor> evidence;
  evidence.reserve(pending_.size());
  for (const Step& step : pending_) evidence.push_back(step.evidence);
  const torch::Tensor bad = torch::stack(evidence).isnan().to(torch::kCPU);
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (bad[static_cast<std::int64_t>(i)].item<bool>()) report(pending_[i]);
  }
  pending_.clear();
}

void FiniteWatch::report(const Step& step) const {
  std::string where = "the scheduler's step";
  if (!is_finite(step.output)) {
    FirstBadOutput first;
    repeat_(step.before, step.call, &first);
    where = first.name().empty() ? "the guided output" : fmt::format("layer '{}'", first.name());
  }
  throw core::Error::numeric(
      "the latents", fmt::format("step {} (timestep {:g}): {}", step.call, step.timestep, where))
      .with_hint(
          "weights that are not finite, a guidance scale too large, or a type with too "
          "small a range (try --dtype fp32 or bf16)");
}

}  // namespace ersatz::generate
