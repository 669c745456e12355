#include "cli/man_page.h"

#include <fmt/format.h>

#include <cstdio>
#include <sstream>
#include <string_view>
#include <vector>

#include "core/build_info.h"

namespace ersatz::cli {
namespace {

// Text that groff shows as it is: a hyphen that can be copied, no requests, no escapes.
std::string escaped(std::string_view text) {
  std::string result;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else if (c == '\'')
      result += "\\(aq";
    else if (c == '`')
      result += "\\(ga";
    else if (c == '^')
      result += "\\(ha";
    else if (c == '~')
      result += "\\(ti";
    else
      result += c;
    line_begins = c == '\n';
  }
  return result;
}

// A footer: lines that end with ':' head examples, which keep their line breaks.
std::string footer_text(const std::string& footer) {
  std::istringstream lines(footer);
  std::string line, text = ".PP\n";  // ends the paragraph of the last option
  bool example = false;
  while (std::getline(lines, line)) {
    const bool indented = line.rfind("  ", 0) == 0;
    if (indented && !example) text += ".PP\n.EX\n";
    if (!indented && example) text += ".EE\n";
    example = indented;
    if (line.empty())
      text += ".PP\n";
    else
      text += escaped(line) + "\n";
  }
  return text + (example ? ".EE\n" : "");
}

std::vector<const CLI::App*> visible_commands(const CLI::App& app) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) commands.push_back(command);
  }
  return commands;
}

std::string option_text(const CLI::Option& option) {
  const bool positional = option.nonpositional() == false;
  std::string names;
  for (const std::string& name : option.get_snames()) names += ", -" + name;
  for (const std::string& name : option.get_lnames()) names += ", --" + name;
  std::string text = positional ? fmt::format("\\fI{}\\fR", escaped(option.get_name()))
                                : fmt::format("\\fB{}\\fR", escaped(names.substr(2)));
  const std::string type = option.get_type_name();
  if (!positional && option.get_items_expected_max() > 0 && !type.empty()) {
    text += fmt::format(" \\fI{}\\fR", escaped(type));
  }
  const std::string& description = option.get_description();
  return fmt::format(".TP\n{}\n{}\n", text, description.empty() ? "\\&" : escaped(description));
}

std::string options_text(const CLI::App& app) {
  std::string text;
  for (const bool positional : {true, false}) {
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_group().empty() || option->nonpositional() == positional) continue;
      text += option_text(*option);
    }
  }
  return text;
}

void add_command(const CLI::App& app, const std::string& name, std::string& text) {
  text += fmt::format(".SS \"{}\"\n{}\n", escaped(name), escaped(app.get_description()));
  text += options_text(app);
  if (!app.get_footer().empty()) text += footer_text(app.get_footer());
  for (const CLI::App* inner : visible_commands(app)) {
    add_command(*inner, name + " " + inner->get_name(), text);
  }
}

constexpr const char* kEnd = R"(.SH ENVIRONMENT
.TP
\fBERSATZ_HOME\fR
The project; else the nearest parent of the working directory that holds experiments and data_manifests, else what was
installed with the program.
.TP
\fBERSATZ_RUNS\fR, \fBERSATZ_RESULTS\fR
Folders of runs and results; else in the project, or, with an installed program, below $XDG_DATA_HOME/ersatz
(~/.local/share/ersatz).
.TP
\fBERSATZ_CACHE\fR
Downloaded data; else $XDG_CACHE_HOME/ersatz (~/.cache/ersatz).
.TP
\fBERSATZ_MIRROR\fR
Folders, parted by colons, that hold data sets already.
.TP
\fBERSATZ_THREADS\fR
Compute threads where --threads does not say; else one per physical core.
.TP
\fBERSATZ_GNUPLOT\fR
The gnuplot to draw with.
.TP
\fBOPENBLAS_CORETYPE\fR
Kernels of OpenBLAS; set for programs that are started unless set already.
.SH "SEE ALSO"
.BR gnuplot (1)
)";

}  // namespace

std::string man_page(const CLI::App& program) {
  std::string text = fmt::format(
      ".\\\" Made by the program itself.\n.TH ERSATZ 1 \"\" \"ersatz {}\" \"User Commands\"\n"
      ".SH NAME\nersatz \\- {}\n.SH SYNOPSIS\n\\fBersatz\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n",
      core::build_info().version, escaped(program.get_description()));
  text += ".SH OPTIONS\n" + options_text(program);
  text += ".SH COMMANDS\n";
  for (const CLI::App* command : visible_commands(program)) {
    add_command(*command, "ersatz " + command->get_name(), text);
  }
  text += ".SH \"EXAMPLES AND EXIT STATUS\"\n" + footer_text(program.get_footer());
  return text + kEnd;
}

Command add_man_page(CLI::App& program) {
  CLI::App* app = program.add_subcommand("__man", "The manual page, for groff");
  app->group("");  // not in the help
  return {app, [&program] {
            std::printf("%s", man_page(program).c_str());
            return 0;
          }};
}

}  // namespace ersatz::cli
