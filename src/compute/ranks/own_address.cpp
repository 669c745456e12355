#include "compute/ranks/own_address.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/rank_lost.h"

namespace ersatz::compute {
namespace {

// Empty when there is no way.
std::string towards(const addrinfo& target) {
  const int socket = ::socket(target.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return {};
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  std::array<char, NI_MAXHOST> text{};
  const bool found = ::connect(socket, target.ai_addr, target.ai_addrlen) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
                     ::getnameinfo(reinterpret_cast<const sockaddr*>(&own), size, text.data(),
                                   text.size(), nullptr, 0, NI_NUMERICHOST) == 0;
  const int reason = errno;
  ::close(socket);
  errno = reason;
  return found ? text.data() : "";
}

}  // namespace

std::string own_address_towards(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host.c_str(), fmt::format("{}", port).c_str(), &wanted, &found);
  if (status != 0) {
    throw core::rank_lost(
        fmt::format("rank 0's host {} is unknown: {}", host, ::gai_strerror(status)));
  }
  std::string own;
  for (const addrinfo* one = found; one != nullptr && own.empty(); one = one->ai_next) {
    own = towards(*one);
  }
  const int reason = errno;
  ::freeaddrinfo(found);
  if (own.empty()) {
    throw core::rank_lost(
        fmt::format("there is no way to rank 0's host {}: {}", host, std::strerror(reason)));
  }
  return own;
}

}  // namespace ersatz::compute
