#include "data/fetch/test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <random>
#include <stdexcept>

namespace ersatz::test {
namespace {

std::string read_head(int descriptor) {
  std::string head;
  char piece[4096];
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < 65536) {
    const ssize_t size = ::recv(descriptor, piece, sizeof piece, 0);
    if (size <= 0) return {};
    head.append(piece, static_cast<std::size_t>(size));
  }
  return head;
}

HttpRequest parse_head(const std::string& head) {
  HttpRequest request;
  const auto first = head.find(' '), second = head.find(' ', first + 1);
  request.path = head.substr(first + 1, second - first - 1);
  for (auto begin = head.find("\r\n") + 2; begin < head.size();) {
    const auto end = head.find("\r\n", begin), colon = head.find(": ", begin);
    if (end == begin || end == std::string::npos) break;
    if (colon < end) {
      std::string name = head.substr(begin, colon - begin);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers[name] = head.substr(colon + 2, end - colon - 2);
    }
    begin = end + 2;
  }
  return request;
}

}  // namespace

std::optional<std::uint64_t> HttpRequest::range_start() const {
  const auto range = headers.find("range");
  if (range == headers.end()) return std::nullopt;
  return std::stoull(range->second.substr(std::string("bytes=").size()));
}

void HttpConnection::send(const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t size =
        ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return;  // the client hung up, which is its right
    sent += static_cast<std::size_t>(size);
  }
}

void HttpConnection::send_head(const std::string& status, const std::vector<std::string>& headers) {
  std::string head = "HTTP/1.1 " + status + "\r\nConnection: close\r\n";
  for (const std::string& header : headers) head += header + "\r\n";
  send(head + "\r\n");
}

void HttpConnection::send_status(const std::string& status, const std::string& body) {
  send_head(status, {"Content-Length: " + std::to_string(body.size())});
  send(body);
}

void HttpConnection::send_file(const HttpRequest& request, const std::string& body,
                               const std::string& etag, std::size_t limit) {
  std::uint64_t start = request.range_start().value_or(0);
  const auto condition = request.headers.find("if-range");
  if (condition != request.headers.end() && condition->second != etag) start = 0;
  if (start >= body.size()) {
    send_status("416 Range Not Satisfiable");
    return;
  }
  std::vector<std::string> headers = {"Content-Length: " + std::to_string(body.size() - start)};
  if (!etag.empty()) headers.push_back("ETag: " + etag);
  if (start > 0) {
    headers.push_back("Content-Range: bytes " + std::to_string(start) + "-" +
                      std::to_string(body.size() - 1) + "/" + std::to_string(body.size()));
  }
  send_head(start > 0 ? "206 Partial Content" : "200 OK", headers);
  send(body.substr(start, limit));
}

void HttpConnection::stall() {
  pollfd waiting{descriptor_, POLLIN | POLLRDHUP, 0};
  ::poll(&waiting, 1, 20'000);
}

TestServer::TestServer(Handler handler) : handler_(std::move(handler)) {
  // A proxy of the surroundings must not see requests to this server.
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, length) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &length) != 0) {
    throw std::runtime_error("cannot start the test server");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TestServer::~TestServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  ::close(listener_);
}

void TestServer::serve() {
  while (!stopping_) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    const std::string head = read_head(descriptor);
    if (!head.empty()) {
      const HttpRequest request = parse_head(head);
      {
        const std::lock_guard<std::mutex> guard(mutex_);
        requests_.push_back(request);
      }
      HttpConnection connection(descriptor);
      handler_(connection, request);
    }
    ::shutdown(descriptor, SHUT_WR);
    ::close(descriptor);
  }
}

std::string TestServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<HttpRequest> TestServer::requests() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return requests_;
}

std::string test_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xFF);
  return bytes;
}

}  // namespace ersatz::test
