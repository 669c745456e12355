#include "runner/diffusion/run_model.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/project.h"
#include "runner/diffusion/model_digest.h"

namespace ersatz::runner {

namespace fs = std::filesystem;

ModelFiles run_model(core::RunContext& run, const std::string& name) {
  const fs::path own = core::Project::get().assets() / name;
  const fs::path path = fs::exists(own) ? own : fs::path(name);
  if (fs::is_directory(path) && !fs::exists(path / "model_index.json")) {
    throw core::Error::missing(fmt::format("{} holds no diffusion model", path.string()),
                               path == own ? "`make train-mini-sd` trains it" : "");
  }
  if (fs::exists(path)) return {path, digest_model(path, "").digest};
  const core::DatasetHandle& dataset = run.dataset(name);
  return {dataset.folder, dataset.digest};
}

}  // namespace ersatz::runner
