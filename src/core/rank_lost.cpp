#include "core/rank_lost.h"

#include <utility>

namespace ersatz::core {

Error rank_lost(std::string message) {
  return Error(kRankLost, std::move(message),
               "the same command again goes on from the last checkpoint");
}

}  // namespace ersatz::core
