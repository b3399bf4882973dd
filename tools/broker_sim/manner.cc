#include "broker_sim/manner.h"

#include <numeric>

#include "broker_sim/place.h"

namespace broker_sim {

const std::string& stream_of(const Publication& publication, const std::vector<std::string>& streams) {
  if (streams.size() == 1) return streams.front();
  const auto place = place_of(publication, 0);
  const std::string& by = place && !place->ticker.empty() ? place->ticker : publication.channel;
  // By which five tickers use two or three streams, too, and a ticker has the same one in every run.
  const std::size_t sum = std::accumulate(by.begin(), by.end(), std::size_t{0},
                                          [](std::size_t all, char c) { return all + static_cast<unsigned char>(c); });
  return streams[sum % streams.size()];
}

std::vector<std::string_view> words_of(const Publication& publication, const Manner& manner) {
  if (manner.streams.empty()) return {"PUBLISH", publication.channel, publication.payload};
  std::vector<std::string_view> words = {"XADD", stream_of(publication, manner.streams)};
  if (!manner.length_max.empty()) words.insert(words.end(), {"MAXLEN", "~", manner.length_max});
  words.insert(words.end(), {"*", "channel", publication.channel, "data", publication.payload});
  return words;
}

}  // namespace broker_sim
