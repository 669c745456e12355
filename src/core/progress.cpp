#include "core/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "core/json.h"
#include "core/suggest.h"

namespace ersatz::core {
namespace {

std::atomic<ProgressMode> g_mode{ProgressMode::kAuto};
std::atomic<bool> g_bar_on_screen{false};

ProgressMode effective_mode() {
  const ProgressMode mode = g_mode;
  if (mode != ProgressMode::kAuto) return mode;
  return ::isatty(2) != 0 ? ProgressMode::kBar : ProgressMode::kPlain;
}

double seconds_between(std::chrono::steady_clock::time_point a,
                       std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

std::string rate_text(double rate, const std::string& unit) {
  if (unit == "B") return human_bytes(rate) + "/s";
  if (rate >= 100) return fmt::format("{:.0f} {}/s", rate, unit);
  if (rate >= 1 || rate <= 0) return fmt::format("{:.1f} {}/s", rate, unit);
  return fmt::format("{:.2f} s/{}", 1 / rate, unit);
}

}  // namespace

ProgressMode parse_progress_mode(std::string_view text) {
  if (text == "auto") return ProgressMode::kAuto;
  if (text == "bar") return ProgressMode::kBar;
  if (text == "plain") return ProgressMode::kPlain;
  if (text == "json") return ProgressMode::kJson;
  if (text == "none") return ProgressMode::kNone;
  throw unknown_name("progress mode", text, {"auto", "bar", "plain", "json", "none"});
}

void set_progress_mode(ProgressMode mode) { g_mode = mode; }

void clear_progress_line() {
  if (g_bar_on_screen.exchange(false)) std::fputs("\r\033[K", stderr);
}

Progress::Progress(std::string label, std::int64_t total, std::string unit)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      begin_(std::chrono::steady_clock::now()),
      last_print_(begin_) {}

Progress::~Progress() {
  if (done_ > first_ || printed_) print(true);
}

void Progress::start_from(std::int64_t done) {
  done_ = first_ = done;
  begin_ = std::chrono::steady_clock::now();
}

void Progress::set(std::int64_t done, std::string_view note) {
  done_ = done;
  if (!note.empty()) note_ = note;
  const ProgressMode mode = effective_mode();
  if (mode == ProgressMode::kNone) return;
  const auto now = std::chrono::steady_clock::now();
  const double since = seconds_between(last_print_, now);
  const std::int64_t percent = total_ > 0 ? 100 * done_ / total_ : 0;
  const bool due = mode == ProgressMode::kPlain
                       ? since >= 5 && (total_ <= 0 || percent / 10 != last_percent_ / 10)
                       : since >= (mode == ProgressMode::kBar ? 0.1 : 0.5);
  if (!due) return;
  last_print_ = now;
  last_percent_ = percent;
  print(false);
}

void Progress::print(bool final) {
  const ProgressMode mode = effective_mode();
  if (mode == ProgressMode::kNone) return;
  const double elapsed = seconds_between(begin_, std::chrono::steady_clock::now());
  if (final && mode == ProgressMode::kPlain && !printed_ && elapsed < 5) return;
  printed_ = true;
  const double rate = elapsed > 0 ? static_cast<double>(done_ - first_) / elapsed : 0;
  const double eta = total_ > 0 && rate > 0 ? static_cast<double>(total_ - done_) / rate : -1;
  if (mode == ProgressMode::kJson) {
    Json line = {{"progress", label_}, {"done", done_}, {"total", total_},
                 {"unit", unit_},      {"rate", rate},  {"elapsed_s", elapsed}};
    if (eta >= 0) line["eta_s"] = eta;
    if (!note_.empty()) line["note"] = note_;
    std::fprintf(stderr, "%s\n", line.dump().c_str());
    return;
  }
  std::string text = label_;
  if (total_ > 0) {
    const std::int64_t percent = 100 * done_ / total_;
    if (mode == ProgressMode::kBar) {
      static constexpr int kWidth = 24;
      const int filled =
          static_cast<int>(std::clamp<std::int64_t>(kWidth * done_ / total_, 0, kWidth));
      std::string bar;
      for (int i = 0; i < kWidth; ++i) bar += i < filled ? "█" : "░";
      text += " " + bar;
    }
    text += fmt::format(" {:3d} %  {}/{}", percent, done_, total_);
  } else {
    text += fmt::format("  {} {}", done_, unit_);
  }
  text += "  " + rate_text(rate, unit_);
  if (final)
    text += "  in " + human_duration(elapsed);
  else if (eta >= 0)
    text += "  ETA " + human_duration(eta);
  if (!note_.empty()) text += "  " + note_;
  if (mode == ProgressMode::kBar) {
    std::fprintf(stderr, "\r\033[K%s%s", text.c_str(), final ? "\n" : "");
    g_bar_on_screen = !final;
    std::fflush(stderr);
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

std::string human_duration(double seconds) {
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  // From a file it may be more than an integer holds.
  constexpr double kMaxCounted = 1e15;
  if (!(seconds < kMaxCounted)) return fmt::format("{:.3g} h", seconds / 3600);
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {:02d} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02d} min", whole / 3600, whole % 3600 / 60);
}

std::string human_bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) {
    bytes /= 1000;
    ++unit;
  }
  if (unit == 0) return fmt::format("{:.0f} B", bytes);
  return bytes < 10 ? fmt::format("{:.2f} {}", bytes, kUnits[unit])
                    : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

}  // namespace ersatz::core
