#include "firebase_relay/fragment.h"

#include <xxhash.h>

#include <algorithm>

namespace firebase_relay {

std::uint64_t hash_of_path(std::string_view path) noexcept { return XXH3_64bits(path.data(), path.size()); }

std::uint32_t HistoryRun::add(std::string_view path, std::string_view value, const HistoryEntry& about) {
  HistoryEntry& entry = entries.emplace_back(about);
  entry.offset = static_cast<std::uint32_t>(text.size());
  entry.path_size = static_cast<std::uint16_t>(path.size());
  FragmentText::append_path(path, text);
  const auto value_at = static_cast<std::uint32_t>(text.size());
  FragmentText::append_value(value, text);
  return value_at;
}

std::uint32_t HistoryRun::add(std::string_view parent, UtcMillis time, const KeySeed& seed, std::string_view value,
                              const HistoryEntry& about) {
  HistoryEntry& entry = entries.emplace_back(about);
  seeds.push_back(seed);
  entry.offset = static_cast<std::uint32_t>(text.size());
  entry.path_size = static_cast<std::uint16_t>(parent.size() + kHistoryKeySize);
  const std::size_t key_at = FragmentText::append_path(parent, kHistoryKeySize, text);
  HistoryKey::write(time, seed, 0, text.data() + key_at);
  const auto value_at = static_cast<std::uint32_t>(text.size());
  FragmentText::append_value(value, text);
  return value_at;
}

void HistoryRun::settle_key(std::size_t i, std::uint32_t n) { HistoryKey::write_n(seeds[i], n, key_at(i)); }

void HistoryRun::set_key(std::size_t i, std::string_view key) { std::copy_n(key.data(), kHistoryKeySize, key_at(i)); }

char* HistoryRun::key_at(std::size_t i) {
  return text.data() + entries[i].offset + FragmentText::path_begin() + entries[i].path_size - kHistoryKeySize;
}

LiveUpdate& FragmentBlock::add_live_in_history(const LiveValue& added, std::uint8_t run, std::uint32_t offset) {
  const auto path_offset = static_cast<std::uint32_t>(text.size());
  text += added.path;
  shared_bytes += added.value.size();
  return live.emplace_back(
      LiveUpdate{added.sequence, added.path_hash, path_offset, static_cast<std::uint32_t>(added.path.size()), offset,
                 static_cast<std::uint32_t>(added.value.size()), added.ticket, run, added.is_order});
}

LiveUpdate& FragmentBlock::add_live(const LiveValue& added) {
  const auto path_offset = static_cast<std::uint32_t>(text.size());
  text += added.path;
  const auto value_offset = static_cast<std::uint32_t>(text.size());
  text += added.value;
  return live.emplace_back(LiveUpdate{
      added.sequence, added.path_hash, path_offset, static_cast<std::uint32_t>(added.path.size()), value_offset,
      static_cast<std::uint32_t>(added.value.size()), added.ticket, LiveUpdate::kInText, added.is_order});
}

void FragmentBlock::add_order(const LiveUpdate& update, std::uint32_t ticker_size, bool closed) {
  orders.push_back({update.sequence, update.path_hash, update.path_offset, update.path_size, ticker_size, closed});
}

}  // namespace firebase_relay
