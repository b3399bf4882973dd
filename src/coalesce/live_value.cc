#include "coalesce/live_value.h"

namespace firebase_relay::coalesce {

void LiveValue::set_path(std::string_view path, std::uint64_t path_hash, std::size_t value_size) {
  text.reserve(path.size() + value_size + 4);
  text = '"';
  text += path;
  text += "\":";
  path_size = static_cast<std::uint32_t>(path.size());
  hash = path_hash;
}

void LiveValue::set_newest(std::string_view value) {
  const std::size_t before = path_size + 3;  // two quotes and a colon
  std::string& into = status == Status::kInFlight ? next : text;
  const std::size_t size = before + value.size() + 1;
  constexpr std::size_t kSpareMax = 256;  // an order that has left is a path and `null`, for as long as an outage lasts
  if (into.empty() || into.capacity() > 2 * size + kSpareMax) {
    std::string fresh;
    fresh.reserve(size);
    fresh.append(text, 0, before);
    into.swap(fresh);  // a short one, assigned, would be copied into the large buffer
  }
  into.resize(before);
  into += value;
  into += ',';
}

}  // namespace firebase_relay::coalesce
