// What a peer that calls itself Redis may answer to XREAD: no crash, however the bytes are cut the same entries come,
// and they are as many as hiredis' own objects hold.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bus/entries_read.h"
#include "fuzz/demand.h"

namespace {

using namespace firebase_relay;

bool are_equal(const bus::EntriesRead& a, const bus::EntriesRead& b) {
  const auto is_same = [](const bus::EntryIntake::Came& x, const bus::EntryIntake::Came& y) {
    return x.entries == y.entries && x.bytes == y.bytes && x.last == y.last && x.messages == y.messages;
  };
  const bool has_same_rest = a.left == b.left || a.state == bus::ReplyState::kBroken;
  return a.messages == b.messages && a.state == b.state && has_same_rest && a.said.error == b.said.error &&
         a.said.is_odd == b.said.is_odd && std::equal(a.came.begin(), a.came.end(), b.came.begin(), is_same);
}

/// Those of all streams in a whole answer that is not odd.
std::size_t entries_in(std::string_view bytes) {
  const bus::ReaderHandle reader = bus::make_tree_reader();
  void* made = nullptr;
  if (bus::feed_reply(*reader, bytes, made) != bus::ReplyState::kWhole) return 0;
  const bus::ReplyTree tree = bus::tree_of(made);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < tree->elements; ++i) {
    const redisReply* stream = tree->element[i];
    if (stream->elements < 2) continue;
    for (std::size_t j = 0; j < stream->element[1]->elements; ++j) {
      const redisReply* entry = stream->element[1]->element[j];
      const bool has_fields = entry->elements == 2 && entry->element[1]->elements > 0;
      sum += has_fields ? 1 : 0;
    }
  }
  return sum;
}

void compare(std::string_view bytes, const std::vector<std::string>& channels) {
  const bus::EntriesRead at_once = bus::read_entries(
      bytes, [&] { return bytes.size(); }, channels);
  std::uint32_t random = static_cast<std::uint32_t>(bytes.size());
  const auto any = [&] { return std::size_t{1} + (random = random * 1'103'515'245 + 12'345) / 65'536 % 61; };
  fuzz::demand(are_equal(bus::read_entries(
                             bytes, [] { return std::size_t{1}; }, channels),
                         at_once),
               "byte by byte", bytes);
  fuzz::demand(are_equal(bus::read_entries(bytes, any, channels), at_once), "in reads of some bytes", bytes);
  if (at_once.state != bus::ReplyState::kWhole || at_once.said.is_odd) return;
  std::size_t counted = 0;
  for (const bus::EntryIntake::Came& came : at_once.came) counted += came.entries;
  fuzz::demand(counted <= entries_in(bytes), "more entries than there are", bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  compare(fuzz::text_of(data, size), {"*"});
  compare(fuzz::text_of(data, size), {"A*", "!AB*"});
  return 0;
}
