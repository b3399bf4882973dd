#include "coalesce/live_path.h"

namespace firebase_relay::coalesce {

void LivePath::set_path(std::string_view path, std::uint64_t path_hash, std::size_t value_size) {
  text.reserve(FragmentText::size_of(path.size(), value_size));
  FragmentText::append_path(path, text);
  path_size = static_cast<std::uint32_t>(path.size());
  hash = path_hash;
}

void LivePath::rest() {
  sequence = 0;
  waits_since = kLater;
  owed_since = 0;
  ticket = kNoTicket;
  status = Status::kFree;
  flight = {};
  row = {};
}

void LivePath::set_newest(std::string_view value) {
  const std::size_t before = FragmentText::value_begin(path_size);
  if (status == Status::kInFlight && !next) next = std::make_unique<std::string>();
  std::string& into = status == Status::kInFlight ? *next : text;
  const std::size_t size = FragmentText::size_of(path_size, value.size());
  constexpr std::size_t kSpareMax = 256;  // an order that has left is a path and `null`, for as long as an outage lasts
  if (into.empty() || into.capacity() > 2 * size + kSpareMax) {
    std::string fresh;
    fresh.reserve(size);
    fresh.append(text, 0, before);
    into.swap(fresh);  // a short one, assigned, would be copied into the large buffer
  }
  into.resize(before);
  FragmentText::append_value(value, into);
}

}  // namespace firebase_relay::coalesce
