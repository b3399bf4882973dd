#pragma once

#include <optional>
#include <string_view>

#include "firebase_relay/dead_letter.h"
#include "firebase_relay/stream_id.h"
#include "outbox/database.h"

namespace firebase_relay::outbox {

// The tables stream_positions (where an earlier run had come to in a stream) and letter_origins (which entry a dead
// letter was, and which history key it had). A file of an earlier version has neither: what writes makes them. A
// failure is the session's.

/// Over what was remembered of this group and stream before.
void remember(Transaction& transaction, std::string_view group, std::string_view stream,
              const RememberedPosition& position);
/// Nothing: no run has read this stream by this group.
std::optional<RememberedPosition> remembered(Session& session, std::string_view group, std::string_view stream);

/// Is there a letter already of this message, which a replay has brought once more, or a row of the outbox? Those of an
/// entry are told by its stream and id; others, which the database refused, by their history key: equal messages have
/// different ones. A stream that was deleted and begun again may have another entry under the same id, so channel and
/// payload have to be the same, too. False of one that a retry has set aside again: it takes the place of the one that
/// goes.
bool has_come_again(Session& session, const DeadLetter& letter);
/// Of the letter that was inserted last; nothing where there is nothing to remember. It goes with its letter.
void remember_origin(Transaction& transaction, const DeadLetter& letter);
/// What is remembered of the letter `id` is put into `letter`.
void add_origin(Session& session, std::int64_t id, DeadLetter& letter);

}  // namespace firebase_relay::outbox
