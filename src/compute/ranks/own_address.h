// The address by which this machine can be reached from another one.
#pragma once

#include <string>

namespace ersatz::compute {

// Of the network interface that leads to `host`:`port`; nothing is sent. core::rank_lost() when the
// name is unknown or there is no way to it.
std::string own_address_towards(const std::string& host, int port);

}  // namespace ersatz::compute
