// A clock that somebody keeps setting, for programs that are started with this library in
// LD_PRELOAD: the time of day goes back by up to an hour, or ahead by up to a day, at every look.
// The monotonic clock is left alone, as the kernel leaves it.
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

namespace {

// Minutes from the true time, in an order without pattern.
long jump() {
  static std::atomic<unsigned> looks{0};
  const unsigned look = looks.fetch_add(1) * 2654435761U;
  return static_cast<long>(look >> 16) % (25 * 60) - 60;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, struct timespec* time) {
  const long status = ::syscall(SYS_clock_gettime, clock, time);
  if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    time->tv_sec += 60 * jump();
  }
  return static_cast<int>(status);
}

time_t time(time_t* result) {
  struct timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval* result, void*) {
  struct timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  result->tv_sec = now.tv_sec;
  result->tv_usec = now.tv_nsec / 1000;
  return 0;
}
}
