#include "relay/heartbeat.h"

#include <algorithm>

#include "classify/key_codec.h"
#include "classify/message_line.h"

namespace firebase_relay::relay {
namespace {

std::string json_text(std::string_view text) {
  std::string json = "\"";
  classify::append_json_escaped(text, json);
  return json + '"';
}

std::string quoted_time(UtcMillis time) {
  std::string json = "\"";
  classify::append_iso_time(time, json);
  return json + '"';
}

/// What a gap's key is made of. One that is told again has its key again, and what is written last stands there: it has
/// what the others had, and what was lost since.
std::string named(const bus::Gap& gap, const std::string& value) {
  if (!gap.behind) return value;
  const std::string entries = gap.behind->entries ? std::to_string(*gap.behind->entries) : std::string();
  return gap.stream + '\n' + to_text(gap.behind->id) + ' ' + entries;
}

}  // namespace

StateWriter::StateWriter(std::string_view instance, std::chrono::seconds every, const Now& started)
    : every_(every), started_at_(started.utc), due_(every.count() == 0 ? SteadyTime::max() : started.steady) {
  std::string key;
  classify::append_encoded_key(instance, key);
  prefix_ = "relay/";
  classify::append_json_escaped(key, prefix_);
  prefix_ += '/';
}

std::unique_ptr<FragmentBlock> StateWriter::beat(const flush::FlushState& state, const Now& now,
                                                 flush::RunState run_state) {
  auto block = std::make_unique<FragmentBlock>();
  block->arrived = now.steady;
  block->arrived_at = now.utc;
  if (every_.count() == 0) return block;
  due_ = now.steady + every_;
  has_news_.store(false, std::memory_order_relaxed);  // first: what changes from here on is due again
  // These paths have only this writer, so their sequence need not be the subscriber's: made from the clock, it rises
  // over restarts, too.
  sequence_ = std::max(sequence_ + 1, static_cast<Sequence>(now.utc.time_since_epoch().count()));
  constexpr std::string_view kStates[] = {R"("running")", R"("draining")", R"("stopped")"};
  add(*block, "state", kStates[static_cast<std::size_t>(run_state)]);
  add(*block, "version", json_text(FIREBASE_RELAY_VERSION));
  add(*block, "started_at", quoted_time(started_at_));
  if (!is_held_.load(std::memory_order_relaxed)) add(*block, "heartbeat_at", quoted_time(now.utc));
  add(*block, "heartbeat_seconds", std::to_string(every_.count()));
  const bool is_count_known = are_gaps_known_.load(std::memory_order_acquire);  // pairs with gaps_are_known()
  add(*block, "gap_count", is_count_known ? std::to_string(gaps_.load(std::memory_order_relaxed)) : "null");
  if (state.last_message_at) add(*block, "last_message_at", quoted_time(*state.last_message_at));
  if (state.last_flush_at) add(*block, "last_flush_at", quoted_time(*state.last_flush_at));
  if (state.lag) add(*block, "lag_ms", std::to_string(state.lag->count()));
  return block;
}

void StateWriter::add(FragmentBlock& block, std::string_view name, std::string_view json) {
  const std::string path = path_of(name);
  block.add_live({.path = path, .path_hash = hash_of_path(path), .value = json, .sequence = sequence_});
}

void StateWriter::gaps_are_known() {
  are_gaps_known_.store(true, std::memory_order_release);
  has_news_.store(true, std::memory_order_relaxed);
}

std::unique_ptr<FragmentBlock> StateWriter::gap_block(const bus::Gap& gap) {
  gaps_.fetch_add(1, std::memory_order_relaxed);
  if (are_gaps_known_.load(std::memory_order_relaxed)) has_news_.store(true, std::memory_order_relaxed);
  auto block = std::make_unique<FragmentBlock>();
  std::string value =
      "{\"from\":" + quoted_time(gap.from) + ",\"to\":" + quoted_time(gap.to) + ",\"cause\":" + json_text(gap.cause);
  if (!gap.stream.empty()) value += ",\"stream\":" + json_text(gap.stream);
  if (gap.entries) value += ",\"entries\":" + std::to_string(*gap.entries);
  value += "}";
  const HistoryKey key(gap.from, key_seed(named(gap, value), 0), 0);
  HistoryRun& run = block->history[static_cast<std::size_t>(ShedClass::kRest)];
  run.arrived_at = gap.to;
  run.arrived = std::chrono::steady_clock::now();
  run.add(path_of("gaps/").append(key.text()), value, {});  // the relay's own: no message, no time
  return block;
}

}  // namespace firebase_relay::relay
