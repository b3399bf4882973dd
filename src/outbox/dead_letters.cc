#include "outbox/dead_letters.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "outbox/database.h"
#include "outbox/file_lock.h"
#include "outbox/letter_room.h"
#include "outbox/recovery.h"
#include "outbox/stream_tables.h"

namespace firebase_relay::outbox {
namespace {

/// Names of this version only come from this version: a later one's file is refused.
DeadLetterReason reason_named(std::string_view name) {
  const auto* found = std::find(kDeadLetterReasonNames.begin(), kDeadLetterReasonNames.end(), name);
  return found == kDeadLetterReasonNames.end() ? DeadLetterReason::kDamaged
                                               : static_cast<DeadLetterReason>(found - kDeadLetterReasonNames.begin());
}

constexpr std::string_view kSelectNewest =
    "SELECT id, reason, channel, payload, payload_size, arrived_at, count, retry FROM dead_letters "
    "ORDER BY id DESC LIMIT ?1";
constexpr std::string_view kSelectOne =
    "SELECT id, reason, channel, payload, payload_size, arrived_at, count, retry FROM dead_letters WHERE id=?1";
constexpr std::string_view kSelectMarked =
    "SELECT id, reason, channel, payload, payload_size, arrived_at, count, retry FROM dead_letters WHERE retry>0 "
    "ORDER BY id";

/// A row of one of these, and what is remembered besides.
StoredDeadLetter letter_of(Session& session, const Statement& row) {
  StoredDeadLetter stored;
  stored.id = row.integer(0);
  stored.letter = {reason_named(row.bytes(1)),
                   0,
                   UtcMillis(std::chrono::milliseconds(row.integer(5))),
                   std::string(row.bytes(2)),
                   std::string(row.bytes(3)),
                   static_cast<std::uint32_t>(row.integer(6)),
                   {},
                   {},
                   {}};
  stored.payload_size = row.count(4);
  stored.retry = static_cast<RetryMark>(std::clamp<std::int64_t>(row.integer(7), 0, 2));
  add_origin(session, stored.id, stored.letter);
  return stored;
}

}  // namespace

/// The table, and how much room its rows take.
class DeadLetters::Impl {
 public:
  Impl(std::unique_ptr<Database> database, const DeadLetterLimits& limits)
      : database_(std::move(database)), room_(limits) {}

  Result<Added> add(std::span<const DeadLetter> letters);
  static void note_change(Transaction& transaction);
  Result<bool> has_changed();
  [[nodiscard]] Database& database() { return *database_; }

 private:
  void count_again_if_changed(Session& session);
  static void insert(Transaction& transaction, const DeadLetter& letter);
  bool evict(Statement oldest);
  std::uint64_t evict_for(Transaction& transaction, const LetterRoom::Source& source);
  std::uint64_t evict_to_limits(Transaction& transaction);

  std::unique_ptr<Database> database_;
  // What is stored, counted once and then kept up to date: as long as the file's dead_letters_version is ours, nobody
  // else has added or dropped letters.
  std::int64_t version_ = -1;
  LetterRoom room_;
  std::int64_t data_version_ = -1;
};

/// Reads nothing but one row, as long as nobody else added or dropped letters.
void DeadLetters::Impl::count_again_if_changed(Session& session) {
  const std::int64_t version = session.number("SELECT value FROM meta WHERE name='dead_letters_version'");
  if (version == version_) return;
  room_.clear();
  Statement query = session.select(
      "SELECT reason, channel, count(*), sum(length(channel) + length(payload)) FROM dead_letters "
      "GROUP BY reason, channel");
  while (query.next()) {
    room_.stored({std::string(query.bytes(0)), std::string(LetterRoom::family_of(query.bytes(1)))},
                 {query.count(2), query.count(3) + query.count(2) * LetterRoom::kRowBytes});
  }
  version_ = session.ok() ? version : -1;
}

void DeadLetters::Impl::note_change(Transaction& transaction) {
  transaction.run("INSERT INTO meta VALUES('dead_letters_version', 1) ON CONFLICT(name) DO UPDATE SET value=value+1");
}

Result<DeadLetters::Added> DeadLetters::Impl::add(std::span<const DeadLetter> letters) {
  Session session(*database_);
  count_again_if_changed(session);
  if (!session.ok()) return session.error();
  const std::vector<const DeadLetter*> kept = room_.those_to_keep(letters);
  Added added{room_.letters(), letters.size() - kept.size(), false};
  if (kept.empty() && !room_.is_over()) return added;
  Transaction transaction(*database_);
  count_again_if_changed(transaction);
  const std::int64_t version = std::exchange(version_, -1);  // unless this succeeds, the counts are worth nothing
  for (const DeadLetter* letter : kept) {
    if (has_come_again(transaction, *letter)) continue;
    insert(transaction, *letter);
    room_.added(*letter);
    added.evicted += evict_for(transaction, LetterRoom::source_of(*letter));
  }
  added.evicted += evict_to_limits(transaction);
  note_change(transaction);
  if (const Result<void> committed = transaction.commit(); !committed) return error_of(committed);
  version_ = version + 1;
  added.stored = room_.letters();
  added.written = true;
  return added;
}

void DeadLetters::Impl::insert(Transaction& transaction, const DeadLetter& letter) {
  const std::string_view payload = letter.payload;
  transaction.run(
      "INSERT INTO dead_letters(reason, channel, payload, payload_size, arrived_at, count, retry) "
      "VALUES(?1,?2,?3,?4,?5,?6,0)",
      name_of(letter.reason), Blob{letter.channel}, Blob{kept_of(payload)}, payload.size(),
      letter.arrived_at.time_since_epoch().count(), letter.count);
  remember_origin(transaction, letter);
}

/// `oldest` deletes a letter and returns what it was. False: there was none, or it failed.
bool DeadLetters::Impl::evict(Statement oldest) {
  if (!oldest.next()) return false;
  room_.evicted({std::string(oldest.bytes(0)), std::string(LetterRoom::family_of(oldest.bytes(1)))},
                oldest.count(2) + LetterRoom::kRowBytes);
  return !oldest.next();
}

/// After a letter of `source` came: how many of its own had to go for it.
std::uint64_t DeadLetters::Impl::evict_for(Transaction& transaction, const LetterRoom::Source& source) {
  const std::string end = LetterRoom::end_of_family(source.second);
  std::uint64_t evicted = 0;
  while (room_.is_over(source) &&
         evict(transaction.select("DELETE FROM dead_letters WHERE id=(SELECT id FROM dead_letters "
                                  "WHERE reason=?1 AND channel>=?2 AND channel<?3 ORDER BY id LIMIT 1) "
                                  "RETURNING reason, channel, length(channel) + length(payload)",
                                  source.first, Blob{source.second}, Blob{end}))) {
    ++evicted;
  }
  return evicted;
}

std::uint64_t DeadLetters::Impl::evict_to_limits(Transaction& transaction) {
  std::uint64_t evicted = 0;
  while (room_.is_over() &&
         evict(transaction.select("DELETE FROM dead_letters WHERE id=(SELECT id FROM dead_letters ORDER BY id LIMIT 1) "
                                  "RETURNING reason, channel, length(channel) + length(payload)"))) {
    ++evicted;
  }
  return evicted;
}

Result<bool> DeadLetters::Impl::has_changed() {
  Session session(*database_);
  const std::int64_t version = session.number("PRAGMA data_version");
  if (!session.ok()) return session.error();
  const std::int64_t last = std::exchange(data_version_, version);
  return last != -1 && last != version;
}

DeadLetters::DeadLetters(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeadLetters::DeadLetters(DeadLetters&&) noexcept = default;
DeadLetters& DeadLetters::operator=(DeadLetters&&) noexcept = default;
DeadLetters::~DeadLetters() = default;

Result<DeadLetters> DeadLetters::open(const std::filesystem::path& file, const DeadLetterLimits& limits, Sync sync) {
  Result<std::unique_ptr<Database>> database = open_existing(file);
  if (!database) return error_of(database);
  const Result<void> set = (*database)->configure(
      std::string("PRAGMA synchronous=") + (sync == Sync::kFull ? "FULL" : "NORMAL") +
      ";PRAGMA cache_size=-512;PRAGMA temp_store=MEMORY;PRAGMA mmap_size=0;"
      "PRAGMA secure_delete=OFF;PRAGMA wal_autocheckpoint=1000;PRAGMA journal_size_limit=4096000");
  if (!set) return error_of(set);
  auto impl = std::make_unique<Impl>(std::move(*database), limits);
  if (const Result<bool> changed = impl->has_changed(); !changed) return error_of(changed);
  return DeadLetters(std::move(impl));
}

Result<DeadLetters::Added> DeadLetters::add(std::span<const DeadLetter> letters) { return impl_->add(letters); }

Result<std::vector<StoredDeadLetter>> DeadLetters::list(std::uint64_t count_max) {
  Session session(impl_->database());
  std::vector<StoredDeadLetter> letters;
  Statement query =
      session.select(kSelectNewest, std::min<std::uint64_t>(count_max, static_cast<std::uint64_t>(INT64_MAX)));
  while (query.next()) letters.push_back(letter_of(session, query));
  std::reverse(letters.begin(), letters.end());
  return session.result(std::move(letters));
}

Result<std::optional<StoredDeadLetter>> DeadLetters::find(DeadLetterId id) {
  Session session(impl_->database());
  std::optional<StoredDeadLetter> found;
  Statement query = session.select(kSelectOne, id);
  if (query.next()) found = letter_of(session, query);
  return session.result(std::move(found));
}

Result<std::vector<StoredDeadLetter>> DeadLetters::marked(std::uint64_t bytes_max) {
  Session session(impl_->database());
  std::vector<StoredDeadLetter> letters;
  std::uint64_t bytes = 0;
  Statement query = session.select(kSelectMarked);
  while ((letters.empty() || bytes < bytes_max) && query.next()) {
    letters.push_back(letter_of(session, query));
    bytes += letters.back().letter.payload.size();
  }
  return session.result(std::move(letters));
}

Result<std::uint64_t> DeadLetters::mark(std::span<const DeadLetterId> ids, RetryMark retry) {
  Transaction transaction(impl_->database());
  std::uint64_t marked = 0;
  for (const DeadLetterId id : ids) {
    marked +=
        transaction.run("UPDATE dead_letters SET retry=?1 WHERE id=?2 AND length(payload)=payload_size", retry, id);
  }
  if (ids.empty())
    marked = transaction.run("UPDATE dead_letters SET retry=?1 WHERE length(payload)=payload_size", retry);
  return transaction.commit(marked);
}

Result<std::uint64_t> DeadLetters::cut_off() {
  Session session(impl_->database());
  const std::int64_t letters = session.number("SELECT count(*) FROM dead_letters WHERE length(payload)<payload_size");
  return session.result(static_cast<std::uint64_t>(letters));
}

Result<std::uint64_t> DeadLetters::drop(std::span<const DeadLetterId> ids) {
  Transaction transaction(impl_->database());
  std::uint64_t dropped = 0;
  for (const DeadLetterId id : ids) dropped += transaction.run("DELETE FROM dead_letters WHERE id=?1", id);
  if (ids.empty()) dropped = transaction.run("DELETE FROM dead_letters");
  Impl::note_change(transaction);
  return transaction.commit(dropped);
}

Result<bool> DeadLetters::has_changed() { return impl_->has_changed(); }

bool is_outbox_in_use(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(std::filesystem::absolute(file), error);
  return FileLock::is_held(error ? file : canonical);
}

}  // namespace firebase_relay::outbox
