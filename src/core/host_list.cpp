#include "core/host_list.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "core/error.h"

namespace ersatz::core {
namespace {

constexpr std::size_t kMostHosts = 65536;

[[noreturn]] void refuse(std::string_view list, const std::string& why) {
  throw Error::usage(fmt::format("'{}' is no list of hosts: {}", list, why));
}

std::uint64_t number(std::string_view text, std::string_view list) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    refuse(list, fmt::format("'{}' is no number", text));
  }
  return value;
}

// "01-03,7" -> 01 02 03 7
std::vector<std::string> expand_ranges(std::string_view ranges, std::string_view list) {
  std::vector<std::string> numbers;
  while (true) {
    const std::size_t comma = ranges.find(',');
    const std::string_view range = ranges.substr(0, comma);
    const std::size_t dash = range.find('-');
    const std::string_view low = range.substr(0, dash);
    const std::string_view high = dash == std::string_view::npos ? low : range.substr(dash + 1);
    const std::uint64_t first = number(low, list), last = number(high, list);
    if (last < first) refuse(list, fmt::format("{} runs backwards", range));
    if (last - first >= kMostHosts - numbers.size()) refuse(list, "too many hosts");
    for (std::uint64_t i = first; i <= last; ++i) {
      numbers.push_back(fmt::format("{:0{}}", i, low.size()));
    }
    if (comma == std::string_view::npos) return numbers;
    ranges.remove_prefix(comma + 1);
  }
}

// One name, which may have brackets.
std::vector<std::string> expand_name(std::string_view name, std::string_view list) {
  std::vector<std::string> hosts = {""};
  while (!name.empty()) {
    const std::size_t open = name.find('[');
    const std::string_view plain = name.substr(0, open);
    if (plain.find(']') != std::string_view::npos) refuse(list, "a ']' without its '['");
    for (std::string& host : hosts) host += plain;
    if (open == std::string_view::npos) break;
    const std::size_t close = name.find(']', open);
    if (close == std::string_view::npos) refuse(list, "a '[' without its ']'");
    const auto numbers = expand_ranges(name.substr(open + 1, close - open - 1), list);
    if (hosts.size() * numbers.size() > kMostHosts) refuse(list, "too many hosts");
    std::vector<std::string> longer;
    for (const std::string& host : hosts) {
      for (const std::string& digits : numbers) longer.push_back(host + digits);
    }
    hosts = std::move(longer);
    name.remove_prefix(close + 1);
  }
  return hosts;
}

}  // namespace

std::vector<std::string> expand_host_list(std::string_view list) {
  std::vector<std::string> hosts;
  std::size_t begin = 0;
  bool inside = false;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const bool end = i == list.size();
    if (!end && list[i] == '[') inside = true;
    if (!end && list[i] == ']') inside = false;
    if (!end && (list[i] != ',' || inside)) continue;
    if (i == begin) refuse(list, "a name is missing");
    for (std::string& host : expand_name(list.substr(begin, i - begin), list)) {
      hosts.push_back(std::move(host));
    }
    if (hosts.size() > kMostHosts) refuse(list, "too many hosts");
    begin = i + 1;
  }
  return hosts;
}

std::vector<int> expand_task_counts(std::string_view list) {
  std::vector<int> counts;
  const auto whole = [&](std::string_view text) {
    const std::uint64_t value = number(text, list);
    if (value < 1 || value > kMostHosts) refuse(list, fmt::format("{} is out of range", value));
    return static_cast<std::size_t>(value);
  };
  std::string_view rest = list;
  while (true) {
    const std::size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    std::size_t times = 1;
    const std::size_t open = one.find("(x");
    if (open != std::string_view::npos) {
      if (one.back() != ')') refuse(list, "a '(' without its ')'");
      times = whole(one.substr(open + 2, one.size() - open - 3));
      one = one.substr(0, open);
    }
    if (counts.size() + times > kMostHosts) refuse(list, "too many hosts");
    counts.insert(counts.end(), times, static_cast<int>(whole(one)));
    if (comma == std::string_view::npos) return counts;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace ersatz::core
