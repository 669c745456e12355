#include "core/command_line.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::core {
namespace {

// The innermost sub-command that was reached: its flags are the ones that count.
const CLI::App& reached(const CLI::App& app) {
  for (const CLI::App* child : app.get_subcommands()) return reached(*child);
  return app;
}

std::string suggestion_for(const CLI::App& app, const std::string& word) {
  const CLI::App& where = reached(app);
  std::vector<std::string> known;
  if (!word.empty() && word[0] == '-') {
    for (const CLI::Option* option : where.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      for (const std::string& name : option->get_snames()) known.push_back("-" + name);
    }
  } else {
    for (const CLI::App* child : where.get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(child->get_name());
    }
  }
  return nearest_name(word.substr(0, word.find('=')), known);
}

std::string help_hint(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  return fmt::format("`{} --help` shows what it takes", name);
}

Error unknown_word(const CLI::App& app, const std::vector<std::string>& extras) {
  const std::string word = extras.empty() ? std::string() : extras.front();
  const std::string suggestion = suggestion_for(app, word);
  return Error::usage(
      fmt::format("unknown {} '{}'", !word.empty() && word[0] == '-' ? "option" : "argument", word),
      suggestion.empty() ? help_hint(app) : fmt::format("did you mean '{}'?", suggestion));
}

// An option with its value joined to it, so that no value is taken for an option. (An empty value
// would be taken for none, and needs a word of its own.)
void append_option(const CLI::Option& option, const std::string& value,
                   std::vector<std::string>& words) {
  const bool has_long_name = !option.get_lnames().empty();
  const std::string name =
      has_long_name ? "--" + option.get_lnames().front() : "-" + option.get_snames().front();
  if (option.get_items_expected_max() == 0) {
    words.push_back(name);
  } else if (value.empty()) {
    words.insert(words.end(), {name, value});
  } else {
    words.push_back(name + (has_long_name ? "=" : "") + value);
  }
}

void append_options(const CLI::App& app, std::vector<std::string>& words,
                    std::vector<std::string>& positionals) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (option->nonpositional())
        append_option(*option, value, words);
      else
        positionals.push_back(value);
    }
  }
}

}  // namespace

std::vector<std::string> command_line_words(const CLI::App& app) {
  std::vector<std::string> words, positionals;
  const CLI::App* at = &app;
  append_options(*at, words, positionals);
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    words.push_back(at->get_name());
    append_options(*at, words, positionals);
  }
  if (!positionals.empty()) {
    words.emplace_back("--");
    words.insert(words.end(), positionals.begin(), positionals.end());
  }
  return words;
}

bool parse_command_line(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    return false;
  } catch (const CLI::CallForAllHelp& help) {
    app.exit(help);
    return false;
  } catch (const CLI::CallForVersion& version) {
    app.exit(version);
    return false;
  } catch (const CLI::ExtrasError&) {
    throw unknown_word(app, app.remaining(true));
  } catch (const CLI::RequiredError& error) {
    // A misspelt sub-command is reported as a missing one; the word that was there says more.
    const std::vector<std::string> extras = app.remaining(true);
    if (!extras.empty()) throw unknown_word(app, extras);
    throw Error::usage(error.what(), help_hint(app));
  } catch (const CLI::ParseError& error) {
    throw Error::usage(error.what(), help_hint(app));
  }
}

}  // namespace ersatz::core
