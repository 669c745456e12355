#include "core/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "core/printable.h"
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

// Words that nothing took. "--" is no word of its own: what follows it is.
std::vector<std::string> words_left(const CLI::App& app) {
  std::vector<std::string> words = app.remaining(true);
  words.erase(std::remove(words.begin(), words.end(), "--"), words.end());
  return words;
}

Error unknown_word(const CLI::App& app, const std::vector<std::string>& extras) {
  const std::string word = extras.empty() ? std::string() : extras.front();
  const std::string suggestion = suggestion_for(app, word);
  return Error::usage(
      fmt::format("unknown {} '{}'", !word.empty() && word[0] == '-' ? "option" : "argument", word),
      suggestion.empty() ? help_hint(app) : fmt::format("did you mean '{}'?", suggestion));
}

// What is wrong with `text` as a number of CLI11's type `type`; empty for none. CLI11 takes what is
// too large for the largest, negative numbers for large ones without a sign, and NaN.
std::string number_fault(const std::string& type, const std::string& text) {
  char* end = nullptr;
  errno = 0;
  if (type == "FLOAT") {
    const double value = std::strtod(text.c_str(), &end);
    return text.empty() || *end != '\0' || !std::isfinite(value) ? "is no finite number" : "";
  }
  if (type == "INT") {
    std::strtoll(text.c_str(), &end, 0);
  } else if (type == "UINT") {
    std::strtoull(text.c_str(), &end, 0);
  } else {
    return "";
  }
  if (text.empty() || *end != '\0') return "is no whole number";
  const bool below = type == "UINT" && text.find('-') != std::string::npos;
  return errno == ERANGE || below ? "is beyond the whole numbers that are taken here" : "";
}

void check_option(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return;  // a flag
  // "INT", or with what a check says of itself: "INT:INT in [1 - 9]".
  const std::string described = option.get_type_name();
  const std::string type = described.substr(0, described.find(':'));
  for (const std::string& value : option.results()) {
    const std::string fault = number_fault(type, value);
    if (!fault.empty()) {
      throw Error::usage(
          fmt::format("{}: '{}' {}", option.get_name(false, true), printable(value), fault));
    }
    if (value.empty() && option.check_lname("out")) {
      throw Error::usage(fmt::format("{}: the path is empty", option.get_name(false, true)),
                         option.get_required() ? "" : "without the option, its default is used");
    }
  }
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

void check_option_values(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) check_option(*option);
  for (const CLI::App* child : app.get_subcommands()) check_option_values(*child);
}

bool parse_command_line(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    check_option_values(app);
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
    throw unknown_word(app, words_left(app));
  } catch (const CLI::RequiredError& error) {
    // A misspelt sub-command is reported as a missing one; the word that was there says more.
    const std::vector<std::string> extras = words_left(app);
    if (!extras.empty()) throw unknown_word(app, extras);
    throw Error::usage(error.what(), help_hint(app));
  } catch (const CLI::ParseError& error) {
    throw Error::usage(error.what(), help_hint(app));
  }
}

}  // namespace ersatz::core
