#include "label/attention_capture.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <string_view>

#include "core/error.h"

namespace ersatz::label {
namespace {

enum class Place { kUp, kDown, kMid };  // in DAAM's order

Place place_of(std::string_view layer) {
  if (layer.rfind("up_blocks", 0) == 0) return Place::kUp;
  if (layer.rfind("down_blocks", 0) == 0) return Place::kDown;
  return Place::kMid;
}

// How often the latents were halved (rounding up) to become a map of this size, as a power of two.
std::int64_t factor_between(std::int64_t latent_side, std::int64_t map_side) {
  std::int64_t factor = 1;
  while (map_side * factor < latent_side) factor *= 2;
  return factor;
}

// [B, N, heads*D] -> float32 [B*heads, N, D]; a view where the layout allows.
torch::Tensor heads_first(const torch::Tensor& x, std::int64_t heads) {
  const std::int64_t depth = x.size(2) / heads;
  return x.to(torch::kFloat32)
      .view({x.size(0), x.size(1), heads, depth})
      .permute({0, 2, 1, 3})
      .reshape({x.size(0) * heads, x.size(1), depth});
}

// Memory that is reused from call to call; grows to what the largest needs.
class WorkingMemory {
 public:
  torch::Tensor take(torch::IntArrayRef shape, const torch::Device& device) {
    std::int64_t count = 1;
    for (const std::int64_t side : shape) count *= side;
    if (!memory_.defined() || memory_.numel() < count || memory_.device() != device) {
      memory_ = torch::empty({count}, torch::TensorOptions(device).dtype(torch::kFloat32));
    }
    return memory_.narrow(0, 0, count).view(shape);
  }

 private:
  torch::Tensor memory_;
};

}  // namespace

struct AttentionCapture::State {
  AttentionCaptureOptions options;
  std::vector<Layer> layers;  // in the order of execution
  std::int64_t steps = 0;
  WorkingMemory scores, probabilities;

  Layer& layer_of(const models::CrossAttentionCall& call, std::int64_t positions);
};

AttentionCapture::Layer& AttentionCapture::State::layer_of(const models::CrossAttentionCall& call,
                                                           std::int64_t positions) {
  const auto found = std::find_if(layers.begin(), layers.end(),
                                  [&](const Layer& layer) { return layer.name == call.name; });
  if (found != layers.end()) return *found;
  const std::int64_t kept =
      options.positions > 0 ? std::min(options.positions, positions) : positions;
  layers.push_back({call.name, call.height, call.width,
                    std::max(factor_between(options.latent_height, call.height),
                             factor_between(options.latent_width, call.width)),
                    torch::zeros({options.batch, call.heads, call.height * call.width, kept},
                                 call.query.options().dtype(torch::kFloat32))});
  return layers.back();
}

AttentionCapture::AttentionCapture(const AttentionCaptureOptions& options)
    : state_(std::make_unique<State>()) {
  state_->options = options;
}

AttentionCapture::~AttentionCapture() = default;

void AttentionCapture::on_cross_attention(const models::CrossAttentionCall& call) {
  const torch::NoGradGuard no_grad;
  State& state = *state_;
  const std::int64_t images = state.options.batch;
  const std::int64_t skipped = state.options.guided ? images : 0;
  if (call.query.size(0) != skipped + images) {
    throw core::Error::internal(fmt::format("attention of {} rows captured for {} {}images",
                                            call.query.size(0), images,
                                            state.options.guided ? "guided " : ""));
  }
  if (place_of(call.name) == Place::kMid && !state.options.include_mid_block) return;

  const torch::Tensor query = heads_first(call.query.narrow(0, skipped, images), call.heads);
  const torch::Tensor key =
      heads_first(call.key.narrow(0, skipped, images), call.heads).mul(call.scale);
  const std::vector<std::int64_t> shape = {query.size(0), query.size(1), key.size(1)};
  torch::Tensor scores = state.scores.take(shape, query.device());
  torch::Tensor probabilities = state.probabilities.take(shape, query.device());
  torch::bmm_out(scores, query, key.transpose(1, 2));
  at::_softmax_out(probabilities, scores, -1, /*half_to_float=*/false);

  Layer& layer = state.layer_of(call, key.size(1));
  layer.sum.add_(probabilities.view({images, call.heads, query.size(1), key.size(1)})
                     .narrow(3, 0, layer.sum.size(3)));
  if (&layer == &state.layers.front()) ++state.steps;
}

std::vector<AttentionCapture::Layer> AttentionCapture::layers() const {
  std::vector<Layer> sorted = state_->layers;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Layer& a, const Layer& b) {
    return place_of(a.name) < place_of(b.name);
  });
  return sorted;
}

std::int64_t AttentionCapture::steps() const { return state_->steps; }

std::int64_t AttentionCapture::latent_height() const { return state_->options.latent_height; }

std::int64_t AttentionCapture::latent_width() const { return state_->options.latent_width; }

void AttentionCapture::clear() {
  state_->layers.clear();
  state_->steps = 0;
}

}  // namespace ersatz::label
