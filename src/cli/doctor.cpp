#include "cli/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/doctor/build_findings.h"
#include "cli/doctor/data_findings.h"
#include "cli/doctor/environment_findings.h"
#include "cli/doctor/finding.h"
#include "cli/doctor/machine_findings.h"
#include "cli/doctor/program_findings.h"
#include "cli/text_layout.h"
#include "core/error.h"
#include "core/json.h"

namespace ersatz::cli {
namespace {

constexpr std::size_t kAreaColumn = 9, kNameColumn = 22;

void print_text(const Findings& findings) {
  for (const Finding& finding : findings) {
    const std::size_t indent = kAreaColumn + kNameColumn;
    std::printf("%-8s %-21s %s\n", to_string(finding.level), finding.name.c_str(),
                wrapped(finding.text, std::max(indent, finding.name.size() + 10)).c_str());
    if (!finding.fix.empty()) {
      std::printf("%s-> %s\n", std::string(indent, ' ').c_str(), finding.fix.c_str());
    }
  }
}

void print_json(const Findings& findings, bool ready) {
  core::Json list = core::Json::array();
  for (const Finding& finding : findings) {
    core::Json json = {
        {"name", finding.name}, {"level", to_string(finding.level)}, {"text", finding.text}};
    if (!finding.fix.empty()) json["fix"] = finding.fix;
    list.push_back(std::move(json));
  }
  std::printf("%s\n", core::Json({{"ready", ready}, {"findings", list}}).dump(2).c_str());
}

int run(bool json) {
  Findings findings;
  add_build_findings(findings);
  add_machine_findings(findings);
  add_program_findings(findings);
  add_data_findings(findings);
  add_environment_findings(findings);
  const auto missing = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.level == Level::kMissing;
  });
  if (json) {
    print_json(findings, missing == 0);
  } else {
    print_text(findings);
    std::printf(
        "\n%s\n",
        missing == 0 ? "everything that profile mini needs is here"
        : missing == 1
            ? "1 thing that profile mini needs is missing"
            : fmt::format("{} things that profile mini needs are missing", missing).c_str());
  }
  return static_cast<int>(missing == 0 ? core::ExitCode::kOk : core::ExitCode::kMissing);
}

}  // namespace

Command add_doctor(CLI::App& program) {
  auto json = std::make_shared<bool>(false);
  CLI::App* app = program.add_subcommand(
      "doctor", "What this machine has and lacks, with the command that cures each lack");
  app->add_flag("--json", *json, "For scripts");
  app->footer(
      "\"missing\" stands for what profile mini cannot do without (then the exit code is 40),\n"
      "\"note\" for what is slower, or only other profiles need.\n"
      "\n"
      "Examples:\n"
      "  ersatz doctor\n"
      "  ersatz doctor --json | jq -r '.findings[] | select(.fix) | .fix'\n");
  return {app, [json] { return run(*json); }};
}

}  // namespace ersatz::cli
