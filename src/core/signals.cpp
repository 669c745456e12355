#include "core/signals.h"

#include <sys/time.h>
#include <unistd.h>

#include <cmath>
#include <csignal>

#include "core/error.h"

namespace ersatz::core {
namespace {

volatile std::sig_atomic_t g_signal = 0;

void on_alarm(int) {
  if (g_signal == 0) {
    static constexpr char kMessage[] = "\nersatz: the time limit is reached, stopping\n";
    [[maybe_unused]] const ssize_t ignored = ::write(2, kMessage, sizeof kMessage - 1);
    g_signal = SIGINT;
  }
}

void on_signal(int number) {
  if (g_signal != 0 && number == SIGINT) {
    static constexpr char kMessage[] = "\nersatz: stopped at once\n";
    [[maybe_unused]] const ssize_t ignored = ::write(2, kMessage, sizeof kMessage - 1);
    ::_exit(130);
  }
  if (g_signal == 0) {
    static constexpr char kMessage[] =
        "\nersatz: stopping at the next safe point (Ctrl-C again: at once)\n";
    [[maybe_unused]] const ssize_t ignored = ::write(2, kMessage, sizeof kMessage - 1);
  }
  g_signal = number;
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

void stop_after(double seconds) {
  struct sigaction action {};
  action.sa_handler = on_alarm;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGALRM, &action, nullptr);
  itimerval timer{};
  const double whole = std::floor(seconds);
  timer.it_value.tv_sec = static_cast<time_t>(whole);
  timer.it_value.tv_usec = static_cast<suseconds_t>((seconds - whole) * 1e6);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

int pending_signal() { return g_signal; }

void stop_point() {
  if (g_signal != 0) throw Interrupted(g_signal);
}

}  // namespace ersatz::core
