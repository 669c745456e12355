#include "report/verdict_table.h"

#include <fmt/format.h>

#include <sstream>

#include "report/markdown.h"
#include "report/number_text.h"

namespace ersatz::report {
namespace {

using evaluate::Verdict;
using evaluate::VerdictStatus;

constexpr std::size_t kStatusWidth = 16;

// Breaks text into lines of at most `width` columns, each but the first indented.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::istringstream words(text);
  std::string word, result;
  std::size_t column = indent;
  while (words >> word) {
    const std::size_t length = display_width(word);
    if (column > indent && column + 1 + length > width) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += length;
  }
  return result;
}

// What the status means against the card's own expectation, where the two differ.
std::string surprise(const Verdict& verdict) {
  if (verdict.as_expected().value_or(true)) return "";
  return verdict.expected_holds ? "expected to hold" : "expected not to hold";
}

}  // namespace

std::string verdict_counts(const std::vector<Verdict>& verdicts) {
  std::size_t counts[4] = {};
  for (const Verdict& verdict : verdicts) ++counts[static_cast<std::size_t>(verdict.status)];
  return fmt::format("{} reproduced, {} not reproduced, {} inconclusive, {} not run", counts[0],
                     counts[1], counts[2], counts[3]);
}

std::string verdict_rule() {
  return "A claim is reproduced when the 95 % interval of the effect satisfies it at every point "
         "it "
         "is made of, not reproduced when an interval contradicts it at one, inconclusive "
         "otherwise. Some claims ask for less: for one point, or for more than half of them; then "
         "the number of points at which it holds decides, and stands beside the effect, which is "
         "that of a single point.";
}

std::string verdict_text(const std::vector<Verdict>& verdicts, std::size_t width) {
  std::string text;
  const std::string indent(kStatusWidth, ' ');
  for (const Verdict& verdict : verdicts) {
    text += pad_right(to_string(verdict.status), kStatusWidth) +
            wrapped(verdict.statement, kStatusWidth, width) + "\n";
    std::string why = verdict.effect_words;
    if (!verdict.reason.empty()) why += (why.empty() ? "" : "; ") + verdict.reason;
    const std::string note = surprise(verdict);
    if (!note.empty()) why += " (" + note + ")";
    if (!why.empty()) text += indent + wrapped(why, kStatusWidth, width) + "\n";
  }
  return text + verdict_counts(verdicts) + "\n";
}

std::string verdict_markdown(const std::vector<Verdict>& verdicts) {
  std::vector<std::vector<std::string>> rows;
  for (const Verdict& verdict : verdicts) {
    std::string status = fmt::format("**{}**", to_string(verdict.status));
    const std::string note = surprise(verdict);
    if (!note.empty()) status += " (" + note + ")";
    rows.push_back({markdown_escape(verdict.statement), status,
                    markdown_escape(verdict.effect_words), markdown_escape(verdict.reason)});
  }
  return markdown_table({"claim", "verdict", "effect", "why"}, rows, {false, false, false, false});
}

std::string gate_markdown(const evaluate::GateReport& report) {
  if (report.rows.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const evaluate::GateRow& row : report.rows) {
    rows.push_back(
        {"`" + row.expected.metric + "`",
         fmt::format("**{}**{}", to_string(row.status), row.expected.gates ? "" : " (info)"),
         markdown_escape(row.words)});
  }
  return markdown_table({"metric", "gate", "measured"}, rows, {false, false, false});
}

}  // namespace ersatz::report
