// Progress on stderr: a bar with rate and ETA on a terminal, plain lines (at most one per 5 s and
// per 10 %) elsewhere, JSON lines with --progress=json, nothing with --progress=none.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ersatz::core {

enum class ProgressMode { kAuto, kBar, kPlain, kJson, kNone };

// "auto", "bar", "plain", "json", "none"; Error::unknown otherwise.
ProgressMode parse_progress_mode(std::string_view text);
void set_progress_mode(ProgressMode mode);
// Ends a bar in progress so that a following line starts on a fresh row. Log sinks call it.
void clear_progress_line();

class Progress {
 public:
  // `total` <= 0: unknown. `unit` is what the rate counts ("img", "step", "B").
  Progress(std::string label, std::int64_t total, std::string unit);
  ~Progress();  // ends the line; reports the final rate
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Sets the work done so far. Cheap: prints at most ten times a second.
  void set(std::int64_t done, std::string_view note = {});
  void add(std::int64_t amount, std::string_view note = {}) { set(done_ + amount, note); }
  // Work that was already done when this process started (a resume): excluded from the rate.
  void start_from(std::int64_t done);

 private:
  void print(bool final);

  std::string label_, unit_, note_;
  std::int64_t total_, done_ = 0, first_ = 0, last_percent_ = -1;
  std::chrono::steady_clock::time_point begin_, last_print_;
  bool printed_ = false;
};

// "3 min 12 s", "0.84 s", "2 h 05 min".
std::string human_duration(double seconds);
// "12.4 MB", "1.07 GB" (powers of ten).
std::string human_bytes(double bytes);

}  // namespace ersatz::core
