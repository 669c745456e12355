// A program that runs beside the test, to be interrupted.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "support/sanitizer.h"
#include "support/test_support.h"

namespace ersatz::test {

// What SIGINT may take to end a program, in seconds.
inline constexpr double kInterruptSeconds = kAddressSanitizer || kThreadSanitizer ? 30 : 5;

class StartedProcess {
 public:
  // `assignments and program with its arguments`, as a shell reads them after `env`.
  explicit StartedProcess(const std::string& command);
  ~StartedProcess();  // kills it
  StartedProcess(const StartedProcess&) = delete;
  StartedProcess& operator=(const StartedProcess&) = delete;

  // Waits until `condition` holds; false when the program ends before, or after two minutes.
  bool wait_until(const std::function<bool()>& condition);

  struct End {
    int exit_status = -1;  // 128 + signal when killed, as it is after a minute
    double seconds = 0;    // from the signal on
    std::string errors;    // standard error
  };
  // Sends SIGINT and waits for the end.
  End interrupt();
  std::string errors() const;

 private:
  bool has_ended();
  TemporaryFolder folder_;
  pid_t process_ = -1;
  int exit_status_ = -1;
};

}  // namespace ersatz::test
