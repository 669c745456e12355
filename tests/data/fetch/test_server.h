// An HTTP/1.1 server in a thread, as unreliable as a test asks for.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ersatz::test {

struct HttpRequest {
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  // First byte of "Range: bytes=N-".
  std::optional<std::uint64_t> range_start() const;
};

// One accepted connection; closed when the handler returns.
class HttpConnection {
 public:
  explicit HttpConnection(int descriptor) : descriptor_(descriptor) {}
  void send(const std::string& bytes);
  // Status line and headers, ending the header block.
  void send_head(const std::string& status, const std::vector<std::string>& headers);
  // A complete answer.
  void send_status(const std::string& status, const std::string& body = "");
  // The file as a well-behaved server sends it: 206 for a Range, honouring If-Range. Stops after
  // `limit` bytes of body, as a lost connection does.
  void send_file(const HttpRequest& request, const std::string& body, const std::string& etag,
                 std::size_t limit = std::string::npos);
  // Sends nothing until the client hangs up.
  void stall();

 private:
  int descriptor_;
};

class TestServer {
 public:
  using Handler = std::function<void(HttpConnection&, const HttpRequest&)>;

  explicit TestServer(Handler handler);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url(const std::string& path = "/file") const;
  // Requests answered so far.
  std::vector<HttpRequest> requests() const;

 private:
  void serve();

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::thread thread_;
};

// `size` bytes that compress badly and differ per seed.
std::string test_bytes(std::size_t size, unsigned seed = 1);

}  // namespace ersatz::test
