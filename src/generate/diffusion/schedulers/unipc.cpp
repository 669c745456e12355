#include "generate/diffusion/schedulers/unipc.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "generate/diffusion/schedulers/dpm_solver_multistep.h"
#include "generate/diffusion/schedulers/linear_combination.h"

namespace ersatz::generate {
namespace {

// Coefficients are computed in float32, each operation rounded, as the reference implementation
// does: for order 3 and 50 steps they are small differences of large numbers, and float64 ones, or
// a float32 expm1 that is off by one unit, lead to samples that differ from its by 3e-5.
float rounded_expm1(float x) { return static_cast<float>(std::expm1(static_cast<double>(x))); }

// The x with sum_j nodes[j]^i * x[j] = right[i]: Gauss's elimination with row exchange. At most
// three equations.
std::vector<float> solve_vandermonde(const std::vector<float>& nodes, std::vector<float> right) {
  const std::size_t n = nodes.size();
  std::vector<std::vector<float>> rows(n, std::vector<float>(n, 1.0F));
  for (std::size_t i = 1; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) rows[i][j] = rows[i - 1][j] * nodes[j];
  }
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t i = column + 1; i < n; ++i) {
      if (std::abs(rows[i][column]) > std::abs(rows[pivot][column])) pivot = i;
    }
    std::swap(rows[column], rows[pivot]);
    std::swap(right[column], right[pivot]);
    for (std::size_t i = column + 1; i < n; ++i) {
      const float factor = rows[i][column] / rows[column][column];
      for (std::size_t j = column; j < n; ++j) rows[i][j] -= factor * rows[column][j];
      right[i] -= factor * right[column];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) right[i] -= rows[i][j] * right[j];
    right[i] /= rows[i][i];
  }
  return right;
}

// phi_k(hh) * k! / B(h) for k = 2, 3, ..., count + 1: the right-hand sides of the order conditions.
std::vector<float> order_conditions(float hh, float b, std::size_t count) {
  std::vector<float> right;
  float phi = rounded_expm1(hh) / hh - 1, factorial = 1;
  for (std::size_t k = 1; k <= count; ++k) {
    right.push_back(phi * factorial / b);
    factorial *= static_cast<float>(k + 1);
    phi = phi / hh - 1 / factorial;
  }
  return right;
}

}  // namespace

UniPcScheduler::UniPcScheduler(const SchedulerConfig& config, std::int64_t steps, std::int64_t skip)
    : VariancePreservingScheduler(config, solver_timesteps(config, steps), skip) {}

torch::Tensor UniPcScheduler::step(const torch::Tensor& model_output, std::int64_t i,
                                   const torch::Tensor& sample, const NoiseSource&) {
  const std::int64_t at = enter_step(i), last = static_cast<std::int64_t>(all_timesteps().size());
  const std::int64_t t = timestep_at(at), next = at + 1 < last ? timestep_at(at + 1) : 0;
  const torch::Tensor clean = estimate_clean(config().prediction, model_output, sample, level(t));
  const torch::Tensor corrected =
      last_sample_.defined() ? advance(last_sample_, t, last_order_, clean) : sample;

  known_.push_front({t, clean});
  if (static_cast<std::int64_t>(known_.size()) > config().order) known_.pop_back();
  last_order_ = static_cast<std::int64_t>(known_.size());
  if (config().lower_order_final) last_order_ = std::min(last_order_, last - at);
  last_sample_ = corrected;
  return advance(corrected, next, last_order_, {}).to(sample.scalar_type());
}

torch::Tensor UniPcScheduler::advance(const torch::Tensor& sample, std::int64_t next,
                                      std::int64_t order, const torch::Tensor& at_next) const {
  const std::int64_t t = known_.front().timestep;
  if (next == t) return sample;  // Karras's levels end at timestep 0 itself
  const NoiseLevel from = level(t), to = level(next);
  const float lambda = static_cast<float>(schedule().lambda(t));
  const float h = static_cast<float>(schedule().lambda(next)) - lambda, hh = -h;
  const float b = config().solver_type == "bh1" ? hh : rounded_expm1(hh);

  // Where the estimates lie, in units of this step and seen from its start.
  std::vector<float> nodes;
  for (std::int64_t k = 1; k < order; ++k) {
    const std::int64_t earlier = known_[static_cast<std::size_t>(k)].timestep;
    nodes.push_back((static_cast<float>(schedule().lambda(earlier)) - lambda) / h);
  }
  if (at_next.defined()) nodes.push_back(1);
  // With one estimate besides the first, B(h)'s own leading term is taken: 1/2.
  const std::vector<float> weights =
      nodes.size() == 1 ? std::vector<float>{0.5F}
                        : solve_vandermonde(nodes, order_conditions(hh, b, nodes.size()));

  double of_first = -to.alpha * static_cast<double>(rounded_expm1(hh));
  std::vector<Term> terms = {{to.sigma / from.sigma, sample}};
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const bool is_next = at_next.defined() && k + 1 == nodes.size();
    const double factor = -to.alpha * static_cast<double>(b * weights[k] / nodes[k]);
    of_first -= factor;
    terms.push_back({factor, is_next ? at_next : known_[k + 1].clean});
  }
  terms.push_back({of_first, known_.front().clean});
  return combine(terms);
}

}  // namespace ersatz::generate
