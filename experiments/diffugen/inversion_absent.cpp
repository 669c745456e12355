// In place of inversion.cpp where the training of new words is not part of the tree.
#include <fmt/format.h>

#include <optional>

#include "inversion.h"
#include "names.h"
#include "records.h"

namespace ersatz::diffugen {

bool has_inversion(const core::Config&) { return false; }

std::string add_inversion(core::RunContext&, core::StageGraph&) { return ""; }

std::string add_token_labels(core::RunContext&, core::StageGraph&, std::int64_t) { return ""; }

void record_inversion(core::RunContext&, const core::FinishedStages&, core::Results& results) {
  const std::string reason = "this build cannot train a word (src/train/textual_inversion)";
  for (const char* id : {"inversion.shown.before", "inversion.shown.after"}) {
    results.metrics.not_run(id, std::nullopt, "%", reason);
  }
  for (const char* method : {kPublished, kFixed}) {
    add_measures_not_run(fmt::format("inversion.token.{}.", method), reason, results.metrics);
  }
}

}  // namespace ersatz::diffugen
