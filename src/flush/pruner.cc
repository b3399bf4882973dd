#include "flush/pruner.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/clock.h"

namespace firebase_relay::flush {
namespace {

constexpr std::uint64_t kHeadBytes = 400;  // of an answer, with what TLS adds: docs/tuning.md

bool is_end(const keep::Report& report) {
  return std::holds_alternative<keep::RoundEnded>(report) || std::holds_alternative<keep::BrokenOff>(report) ||
         std::holds_alternative<keep::DayNotKnown>(report) || std::holds_alternative<keep::DateToCome>(report);
}

}  // namespace

Pruner::Pruner(keep::Manner manner, std::uint64_t bytes_per_minute_max, Wiring wiring)
    : wiring_(std::move(wiring)),
      quota_(bytes_per_minute_max),
      shell_(keep::Keeper(std::move(manner)),
             {wiring_.sender, [this](const keep::AskLeave& ask, SteadyTime now) { return grant(ask, now); },
              [this](const keep::Report& report, SteadyTime /*now*/) {
                has_ended_ = has_ended_ || is_end(report);
                wiring_.report(report);
              }}) {}

void Pruner::run(std::vector<KeptPlace> places) {
  shell_.tell(keep::Places{std::move(places)}, read_clocks());
  std::vector<PatchSender::Finished> finished;
  while (!has_ended_) {
    wiring_.sender.wait(shell_.due(), finished);
    for (const PatchSender::Finished& answer : finished) {
      ++cost_.requests;
      cost_.bytes += kHeadBytes + answer.body.size();
      shell_.take(answer, read_clocks());
    }
    finished.clear();
    if (!has_ended_) shell_.proceed(read_clocks());
  }
}

bool Pruner::grant(const keep::AskLeave& ask, SteadyTime now) {
  const std::uint64_t known = ask.day.empty() ? 0 : wiring_.bytes_at(ask.day);
  const std::uint64_t bytes = known > 0 ? std::min(known, ask.bytes) : ask.bytes;
  if (quota_.history_room(bytes, 0, now) < bytes) return false;
  quota_.sent({0, bytes}, now);
  return true;
}

}  // namespace firebase_relay::flush
