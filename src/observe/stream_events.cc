#include "observe/stream_events.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "observe/printable.h"

namespace firebase_relay::observe {
namespace {

constexpr std::size_t kNameBytesMax = 200;

std::string named(std::string_view stream) { return printable(stream, kNameBytesMax); }

std::string key(std::string_view what, std::string_view stream) { return std::string(what) += stream; }

}  // namespace

void StreamEvents::gap(std::string_view stream, UtcMillis from, UtcMillis to, std::optional<std::uint64_t> entries,
                       std::string_view cause, SteadyTime now) {
  metrics_.subscription_gaps.Increment();
  if (entries) metrics_.stream_entries_lost.Increment(static_cast<double>(*entries));
  const auto more = lines_.admit(key("gap ", stream), now);
  if (!more) return;  // it stands in the database all the same
  logger_.warn("gap: stream {}: {} of the time from {} to {} are lost: {}{}", named(stream),
               entries ? std::to_string(*entries) + " entries" : std::string("entries, nobody knows how many,"),
               iso_utc(from), iso_utc(to), cause, more_text(*more));
}

void StreamEvents::level(std::string_view stream, std::uint64_t entries, std::optional<std::uint64_t> behind) {
  metrics_.set_stream(named(stream), entries, behind);
}

void StreamEvents::path_has_two_streams(std::string_view path, std::string_view stream, std::string_view other) {
  if (std::exchange(has_told_of_two_streams_, true)) return;
  logger_.warn(
      "{} is fed from the streams {} and {}: which of two values is the newer nobody can tell then; publish all "
      "messages of one path to one stream, by ticker, say",
      printable(path, kNameBytesMax), named(stream), named(other));
}

void StreamEvents::commit_failed(std::string_view stream, const Error& error, SteadyTime now) {
  if (const auto more = lines_.admit(key("commit ", stream), now)) {
    logger_.warn(
        "stream {}: how far it was read could not be noted in Redis: {}{}{}; until it is, a start reads again what is "
        "not noted{}",
        named(stream), printable(error.what), error.remedy.empty() ? "" : "; ", printable(error.remedy),
        more_text(*more));
  }
}

void StreamEvents::not_committed() {
  logger_.warn("how far the streams were read could not be noted in Redis; the next start reads some of it again");
}

void StreamEvents::stream_is_new(std::string_view stream) {
  logger_.warn("stream {}: nothing was ever added to it; the relay waits (is it spelt as the publishers have it?)",
               named(stream));
}

void StreamEvents::group_was_moved(std::string_view stream, const std::optional<StreamId>& ours,
                                   const StreamId& theirs) {
  if (!ours) {
    logger_.warn(
        "stream {}: the group stands at {}, and not as this relay has noted it, which was killed: somebody has moved "
        "it; what lies between is not read, or is read again",
        named(stream), to_text(theirs));
  } else if (theirs > *ours) {
    logger_.warn(
        "stream {}: the group stands at {}, and this relay had come to {}: somebody has moved it forwards, and "
        "what lies between is not read",
        named(stream), to_text(theirs), to_text(*ours));
  } else {
    logger_.info(
        "stream {}: the group stands at {}, and this relay had come to {}: somebody has moved it back, or Redis "
        "has forgotten; what lies between is read again",
        named(stream), to_text(theirs), to_text(*ours));
  }
}

void StreamEvents::group_is_moved(std::string_view stream, const StreamId& ours, const StreamId& theirs,
                                  SteadyTime now) {
  if (const auto more = lines_.admit(key("moved ", stream), now)) {
    logger_.warn(
        "stream {}: somebody has moved the group from {} to {}: another relay with the same group, or a hand; "
        "a running relay reads on where it is: stop it first, and move the group then{}",
        named(stream), to_text(ours), to_text(theirs), more_text(*more));
  }
}

void StreamEvents::group_made_again(std::string_view stream, SteadyTime now) {
  if (const auto more = lines_.admit(key("made again ", stream), now)) {
    logger_.warn("stream {}: somebody has destroyed the group, and nothing else: it is made again where it stood{}",
                 named(stream), more_text(*more));
  }
}

}  // namespace firebase_relay::observe
