#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker_sim/market.h"

namespace broker_sim {

/// How publications are said to Redis.
struct Manner {
  std::vector<std::string> streams;  ///< keys of the streams that they are added to; none: they are published
  std::string length_max;            ///< about how many entries a stream keeps; empty: all
};

/// The one of `streams`, which are not empty, that a publication is added to: by its ticker, or by its channel where it
/// has none, so that all that is written to one path comes by one stream.
const std::string& stream_of(const Publication& publication, const std::vector<std::string>& streams);

/// Its command, word for word: the one line in which a publisher to streams differs. Views of both arguments.
std::vector<std::string_view> words_of(const Publication& publication, const Manner& manner);

}  // namespace broker_sim
