// A pipe that takes no more until the test reads it: a terminal that was stopped, a pager.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace ersatz::test {

class FullPipe {
 public:
  explicit FullPipe(const std::filesystem::path& path) {
    if (::mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    out_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    in_ = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (out_ < 0 || in_ < 0) throw std::runtime_error("open pipe");
    ::fcntl(out_, F_SETPIPE_SZ, 4096);
  }
  ~FullPipe() {
    if (in_ >= 0) ::close(in_);
    ::close(out_);
  }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;

  // From here on, writers wait.
  void fill() {
    while (::write(in_, " ", 1) == 1) {
    }
  }

  // What is written until `text` appears, or for 60 s.
  std::string read_until(const std::string& text) {
    std::string all;
    for (int i = 0; i < 600 && all.find(text) == std::string::npos; ++i) take(all);
    return all;
  }

  // All that is in the pipe and is still written, to its end. The test's own side closes.
  std::string drain() {
    ::close(in_);
    in_ = -1;
    std::string all;
    while (take(all)) {
    }
    return all;
  }

 private:
  // Waits for 0.1 s at most; false at the end.
  bool take(std::string& all) {
    pollfd wanted{out_, POLLIN, 0};
    if (::poll(&wanted, 1, 100) <= 0) return true;
    char bytes[4096];
    const ssize_t count = ::read(out_, bytes, sizeof(bytes));
    if (count > 0) all.append(bytes, static_cast<std::size_t>(count));
    return count != 0;
  }

  int out_ = -1, in_ = -1;
};

}  // namespace ersatz::test
