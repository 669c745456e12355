// Configurations of models, as a model's author writes them: refused by name, or within the limits
// that the networks and samplers are written for. The first byte says whose: u(net), v(ae), t(ext
// encoder), s(cheduler).
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/json.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "models/diffusion/autoencoder_config.h"
#include "models/diffusion/clip_text_config.h"
#include "models/diffusion/unet_config.h"

namespace {

using namespace ersatz;

void require(bool holds) {
  if (!holds) std::abort();
}

// What was read and is written comes back as it is.
template <typename Parse, typename Write>
auto checked(const core::Json& json, Parse parse, Write write) {
  const auto config = parse(json, "fuzz");
  require(write(parse(write(config), "fuzz")) == write(config));
  return config;
}

void check_unet(const core::Json& json) {
  const models::UNetConfig config =
      checked(json, models::parse_unet_config, models::unet_config_json);
  const std::size_t levels = config.block_channels.size();
  require(levels >= 1 && levels <= 8 && config.heads.size() == levels);
  require(config.down_attention.size() == levels && config.up_attention.size() == levels);
  for (const std::int64_t channels : config.block_channels) {
    require(channels > 0 && channels % config.norm_groups == 0);
  }
}

void check_autoencoder(const core::Json& json) {
  const models::AutoencoderConfig config =
      checked(json, models::parse_autoencoder_config, models::autoencoder_config_json);
  require(config.factor() >= 1 && config.factor() <= 128 && config.scaling_factor > 0);
}

void check_text_encoder(const core::Json& json) {
  const models::ClipTextConfig config =
      checked(json, models::parse_clip_text_config, models::clip_text_config_json);
  require(config.hidden % config.heads == 0 && config.layers >= 1 && config.positions >= 1);
}

void check_scheduler(const core::Json& json) {
  const generate::SchedulerConfig config = generate::parse_scheduler_config(json, "fuzz");
  generate::check(config);
  for (const std::string& name : generate::solver_names()) {
    const generate::SchedulerConfig other = generate::with_solver(config, name);
    require(other.train_timesteps == config.train_timesteps ||
            config.defaulted.count("num_train_timesteps") > 0);
    require(other.prediction == config.prediction || config.defaulted.count("prediction_type") > 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  try {
    const core::Json json = core::parse_python_json(text, "fuzz");
    switch (bytes[0]) {
      case 'u':
        check_unet(json);
        break;
      case 'v':
        check_autoencoder(json);
        break;
      case 't':
        check_text_encoder(json);
        break;
      default:
        check_scheduler(json);
    }
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) std::abort();
  }
  return 0;
}
