#include "report/export/latex_checker.h"

#include <cstdlib>
#include <set>
#include <stdexcept>
#include <vector>

#include "core/printable.h"

namespace ersatz::test {
namespace {

// Everything our writers use, with what pdfLaTeX, booktabs, longtable and textcomp define.
const std::set<std::string>& commands() {
  static const std::set<std::string> known = {"documentclass",
                                              "usepackage",
                                              "setlength",
                                              "begin",
                                              "end",
                                              "section",
                                              "input",
                                              "clearpage",
                                              "par",
                                              "caption",
                                              "label",
                                              "small",
                                              "tabcolsep",
                                              "parindent",
                                              "parskip",
                                              "centering",
                                              "toprule",
                                              "midrule",
                                              "bottomrule",
                                              "cmidrule",
                                              "multicolumn",
                                              "pm",
                                              "times",
                                              "leq",
                                              "geq",
                                              "dagger",
                                              "ddagger",
                                              "textsuperscript",
                                              "smallskip",
                                              "ldots",
                                              "linewidth",
                                              "endhead",
                                              "textbackslash",
                                              "textasciitilde",
                                              "neq",
                                              "infty",
                                              "approx",
                                              "rightarrow",
                                              "leftarrow",
                                              "alpha",
                                              "beta",
                                              "gamma",
                                              "delta",
                                              "epsilon",
                                              "lambda",
                                              "mu",
                                              "pi",
                                              "sigma",
                                              "Delta",
                                              "Sigma",
                                              "footnotesize",
                                              "scriptsize",
                                              "tiny",
                                              "textasciicircum"};
  return known;
}

struct Open {
  std::string name;            // of an environment; "{" of a group
  int columns = 0, cells = 0;  // of a table
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Checker {
 public:
  explicit Checker(const std::string& text) : text_(text) {}

  void check() {
    while (place_ < text_.size()) step();
    if (math_) fail("a formula does not end");
    if (!open_.empty()) fail("'" + open_.back().name + "' does not end");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("line " + std::to_string(line_) + ": " + what);
  }

  void step() {
    const char c = text_[place_];
    if (c == '\\') return command();
    ++place_;
    if (c == '\n') ++line_;
    if (c == '%') {
      while (place_ < text_.size() && text_[place_] != '\n') ++place_;
    } else if (c == '{') {
      open_.push_back({"{", 0, 0});
    } else if (c == '}') {
      if (open_.empty() || open_.back().name != "{") fail("'}' without '{'");
      open_.pop_back();
    } else if (c == '$') {
      math_ = !math_;
    } else if (c == '&') {
      Open* table = innermost_table();
      if (table == nullptr) fail("'&' outside a table");
      ++table->cells;
    } else if (c == '#' || ((c == '_' || c == '^') && !math_)) {
      fail(std::string("'") + c + "' as it is");
    } else if (static_cast<unsigned char>(c) >= 0x80U) {
      character(place_ - 1);
    }
  }

  // Latin-1 is two bytes, the first of which is C2 or C3.
  void character(std::size_t at) {
    const auto lead = static_cast<unsigned char>(text_[at]);
    if ((lead != 0xC2U && lead != 0xC3U) || !core::is_utf8(text_.substr(at, 2))) {
      fail("a character that the fonts do not have");
    }
    place_ = at + 2;
  }

  // The group after the present place: "{...}" without groups in it.
  std::string argument() {
    if (place_ >= text_.size() || text_[place_] != '{') fail("an argument is missing");
    int depth = 0;
    const std::size_t begin = place_ + 1;
    for (; place_ < text_.size(); ++place_) {
      if (text_[place_] == '{') ++depth;
      if (text_[place_] == '}' && --depth == 0) return text_.substr(begin, place_++ - begin);
    }
    fail("an argument does not end");
  }

  Open* innermost_table() {
    if (open_.empty()) return nullptr;
    Open& last = open_.back();
    return last.columns > 0 ? &last : nullptr;
  }

  // l, c, r and p{width}.
  int columns_of(const std::string& kinds) {
    int count = 0;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      if (kinds[i] == 'p') {
        i = kinds.find('}', i);
        if (i == std::string::npos) fail("a column's width does not end");
      } else if (kinds[i] != 'l' && kinds[i] != 'c' && kinds[i] != 'r') {
        fail("unknown kind of column");
      }
      ++count;
    }
    return count;
  }

  void end_row() {
    Open* table = innermost_table();
    if (table == nullptr) fail("'\\\\' outside a table");
    if (table->cells + 1 != table->columns) {
      fail("a row of " + std::to_string(table->cells + 1) + " cells in a table of " +
           std::to_string(table->columns) + " columns");
    }
    table->cells = 0;
    std::size_t next = place_;
    while (next < text_.size() && (text_[next] == ' ' || text_[next] == '\n')) ++next;
    if (next < text_.size() && (text_[next] == '[' || text_[next] == '*')) {
      fail("the row's end takes the next row's beginning for an option");
    }
  }

  void command() {
    ++place_;
    if (place_ >= text_.size()) fail("a backslash at the end");
    if (!is_letter(text_[place_])) {
      const char c = text_[place_++];
      if (c == '\\') return end_row();
      if (std::string("&%$#_{},").find(c) == std::string::npos) fail("unknown escape");
      return;
    }
    const std::size_t begin = place_;
    while (place_ < text_.size() && is_letter(text_[place_])) ++place_;
    const std::string name = text_.substr(begin, place_ - begin);
    if (commands().count(name) == 0) fail("unknown command \\" + name);
    if (name == "begin") {
      Open environment{argument(), 0, 0};
      if (environment.name == "tabular" || environment.name == "longtable") {
        environment.columns = columns_of(argument());
      } else if (environment.name != "document" && environment.name != "table") {
        fail("unknown environment " + environment.name);
      }
      open_.push_back(environment);
    } else if (name == "end") {
      const std::string environment = argument();
      if (open_.empty() || open_.back().name != environment) fail("\\end{" + environment + "}");
      if (open_.back().cells != 0) fail("the last row does not end");
      open_.pop_back();
    } else if (name == "multicolumn") {
      if (innermost_table() == nullptr) fail("\\multicolumn outside a table");
      innermost_table()->cells += std::atoi(argument().c_str()) - 1;
      argument();
    } else if (name == "label" || name == "input" || name == "usepackage" ||
               name == "documentclass" || name == "cmidrule" || name == "setlength") {
      while (place_ < text_.size() && (text_[place_] == '[' || text_[place_] == '(')) {
        place_ = text_.find(text_[place_] == '[' ? ']' : ')', place_) + 1;
      }
      argument();
    }
  }

  const std::string& text_;
  std::size_t place_ = 0;
  int line_ = 1;
  bool math_ = false;
  std::vector<Open> open_;
};

}  // namespace

std::string latex_problem(const std::string& text) {
  try {
    Checker(text).check();
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace ersatz::test
