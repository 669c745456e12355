#include "runner/diffusion/weights_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/printable.h"
#include "core/progress.h"
#include "models/diffusion/random_stable_diffusion.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/weights_summary.h"
#include "runner/diffusion/number_types.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

models::LoadOptions load_options(const WeightsOptions& options) {
  models::LoadOptions load;
  load.variant = options.variant;
  load.prediction = options.prediction;
  load.tokenizer = options.tokenizer;
  load.configuration = options.configuration;
  return load;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string types_text(const models::WeightsSummary& summary) {
  std::vector<std::string> parts;
  for (const auto& [type, count] : summary.types)
    parts.push_back(fmt::format("{} {}", count, type));
  return fmt::format("{}", fmt::join(parts, ", "));
}

Json summary_json(const models::WeightsSummary& summary, bool tensors) {
  Json json = {{"file", summary.file.string()},
               {"kind", summary.kind},
               {"tensors", summary.tensors.size()},
               {"parameters", summary.parameters},
               {"bytes", summary.bytes},
               {"types", summary.types},
               {"metadata", summary.metadata}};
  if (tensors) {
    Json list = Json::array();
    for (const models::TensorSummary& tensor : summary.tensors) {
      list.push_back({{"name", tensor.name},
                      {"type", tensor.type},
                      {"shape", tensor.shape},
                      {"bytes", tensor.bytes}});
    }
    json["tensor_list"] = list;
  }
  return json;
}

void print_summary(const models::WeightsSummary& summary, bool tensors) {
  std::printf("%s\n  %s\n  %zu tensors (%s), %.2f million parameters, %s\n", summary.file.c_str(),
              core::printable(summary.kind).c_str(), summary.tensors.size(),
              types_text(summary).c_str(), static_cast<double>(summary.parameters) / 1e6,
              core::human_bytes(static_cast<double>(summary.bytes)).c_str());
  for (const auto& [key, value] : summary.metadata) {
    std::printf("  %s: %s\n", core::printable(key).c_str(), core::printable(value, 200).c_str());
  }
  if (!tensors) return;
  for (const models::TensorSummary& tensor : summary.tensors) {
    std::printf("    %-4s %-24s %s\n", tensor.type.c_str(), shape_text(tensor.shape).c_str(),
                core::printable(tensor.name, std::string::npos).c_str());
  }
}

int inspect(const WeightsOptions& options) {
  const auto summaries = models::model_summaries(options.path, load_options(options));
  if (options.json) {
    Json list = Json::array();
    for (const auto& summary : summaries) list.push_back(summary_json(summary, options.tensors));
    std::printf("%s\n", list.dump(2).c_str());
  } else {
    for (const auto& summary : summaries) print_summary(summary, options.tensors);
  }
  return 0;
}

int verify(const WeightsOptions& options) {
  const auto files = models::verify_model(options.path, load_options(options));
  if (options.json) {
    Json list = Json::array();
    for (const models::VerifiedFile& file : files) {
      list.push_back({{"file", file.file.string()},
                      {"kind", file.kind},
                      {"bytes", file.bytes},
                      {"sha256", file.sha256}});
    }
    std::printf("%s\n", list.dump(2).c_str());
    return 0;
  }
  for (const models::VerifiedFile& file : files) {
    std::printf("%s  %s\n  %s, %s\n", file.sha256.c_str(), file.file.c_str(),
                core::printable(file.kind).c_str(),
                core::human_bytes(static_cast<double>(file.bytes)).c_str());
  }
  std::printf("ok\n");
  return 0;
}

int convert(const WeightsOptions& options) {
  models::SaveOptions save;
  save.type = parse_number_type(options.dtype);
  const bool folder = options.layout == "diffusers";
  models::convert_stable_diffusion(
      options.path, options.out,
      folder ? models::ModelLayout::kDiffusers : models::ModelLayout::kSingleFile, save,
      load_options(options));
  core::log_info(fmt::format("wrote {}", options.out));
  return 0;
}

int random(const WeightsOptions& options) {
  models::SaveOptions save;
  save.type = parse_number_type(options.dtype);
  save.byte_tokenizer = true;
  const models::StableDiffusion model =
      models::random_stable_diffusion(options.architecture, options.seed);
  models::save_stable_diffusion(model, options.out, save);
  core::log_info(fmt::format("wrote {}: {} with random weights, seed {}", options.out,
                             options.architecture, options.seed));
  return 0;
}

}  // namespace

int run_weights(const WeightsOptions& options) {
  check_weights(options);
  switch (options.action) {
    case WeightsAction::kInspect:
      return inspect(options);
    case WeightsAction::kVerify:
      return verify(options);
    case WeightsAction::kConvert:
      return convert(options);
    case WeightsAction::kRandom:
      return random(options);
    case WeightsAction::kNone:
      break;
  }
  throw core::Error::internal("`weights` without an action");
}

}  // namespace ersatz::runner
