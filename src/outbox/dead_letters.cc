#include "outbox/dead_letters.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "outbox/database.h"
#include "outbox/file_lock.h"
#include "outbox/letter_room.h"
#include "outbox/recovery.h"

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

/// A row of one of these.
StoredDeadLetter letter_of(const Statement& row) {
  StoredDeadLetter stored;
  stored.id = row.integer(0);
  stored.letter = {reason_named(row.bytes(1)),
                   0,
                   UtcMillis(std::chrono::milliseconds(row.integer(5))),
                   std::string(row.bytes(2)),
                   std::string(row.bytes(3)),
                   static_cast<std::uint32_t>(row.integer(6))};
  stored.payload_size = row.count(4);
  stored.retry = static_cast<RetryMark>(std::clamp<std::int64_t>(row.integer(7), 0, 2));
  return stored;
}

}  // namespace

class DeadLetters::Impl {
 public:
  Impl(std::unique_ptr<Database> database, const DeadLetterLimits& limits)
      : database_(std::move(database)), room_(limits) {}

  Result<Added> add(std::span<const DeadLetter> letters);
  Result<std::vector<StoredDeadLetter>> list(std::uint64_t count_max);
  Result<std::optional<StoredDeadLetter>> find(DeadLetterId id);
  Result<std::uint64_t> mark(std::span<const DeadLetterId> ids, RetryMark retry);
  Result<std::uint64_t> drop(std::span<const DeadLetterId> ids);
  Result<bool> has_changed();
  Result<std::vector<StoredDeadLetter>> marked(std::uint64_t bytes_max);

 private:
  using Source = LetterRoom::Source;

  Result<void> count_again_if_changed();
  Result<void> insert(const DeadLetter& letter);
  Result<std::uint64_t> evict_for(const Source& source);
  Result<std::uint64_t> evict_to_limits();
  Result<void> evict_oldest_of(const Source& source);
  Result<void> evict_oldest();
  Result<void> evict(DeadLetterId id, const Source& source, std::uint64_t bytes);
  Result<void> note_change();
  /// Runs once per id, or once without an id, for all letters, when there is none.
  template <class Run>
  Result<std::uint64_t> for_each_or_all(std::span<const DeadLetterId> ids, const Run& run);

  std::unique_ptr<Database> database_;
  // What is stored, counted once and then kept up to date: as long as the file's dead_letters_version is ours, nobody
  // else has added or dropped letters.
  std::int64_t version_ = -1;
  LetterRoom room_;
  std::int64_t data_version_ = -1;
};

/// Reads nothing but one row, as long as nobody else added or dropped letters.
Result<void> DeadLetters::Impl::count_again_if_changed() {
  const Result<std::int64_t> version =
      database_->number("SELECT coalesce((SELECT value FROM meta WHERE name='dead_letters_version'), 0)");
  if (!version) return error_of(version);
  if (*version == version_) return {};
  room_.clear();
  Statement query = database_->statement(
      "SELECT reason, channel, count(*), sum(length(channel) + length(payload)) FROM dead_letters "
      "GROUP BY reason, channel");
  for (;;) {
    const Result<bool> row = query.step();
    if (!row) return error_of(row);
    if (!*row) break;
    room_.stored({std::string(query.bytes(0)), std::string(LetterRoom::family_of(query.bytes(1)))},
                 {query.count(2), query.count(3) + query.count(2) * LetterRoom::kRowBytes});
  }
  version_ = *version;
  return {};
}

Result<void> DeadLetters::Impl::note_change() {
  const Result<std::uint64_t> noted =
      database_->statement("INSERT OR REPLACE INTO meta VALUES('dead_letters_version', ?1)").bind(version_ + 1).run();
  if (!noted) return error_of(noted);
  ++version_;
  return {};
}

Result<DeadLetters::Added> DeadLetters::Impl::add(std::span<const DeadLetter> letters) {
  if (const Result<void> counted = count_again_if_changed(); !counted) return error_of(counted);
  const std::vector<const DeadLetter*> kept = room_.those_to_keep(letters);
  Added added{room_.letters(), letters.size() - kept.size(), false};
  if (kept.empty() && !room_.is_over()) return added;
  Result<Transaction> transaction = Transaction::begin(*database_);
  if (!transaction) return error_of(transaction);
  if (const Result<void> counted = count_again_if_changed(); !counted) return error_of(counted);
  const std::int64_t version = std::exchange(version_, -1);  // unless this succeeds, the counts are worth nothing
  for (const DeadLetter* letter : kept) {
    if (const Result<void> inserted = insert(*letter); !inserted) return error_of(inserted);
    const Result<std::uint64_t> evicted = evict_for(LetterRoom::source_of(*letter));
    if (!evicted) return error_of(evicted);
    added.evicted += *evicted;
  }
  const Result<std::uint64_t> evicted = evict_to_limits();
  if (!evicted) return error_of(evicted);
  added.evicted += *evicted;
  version_ = version;
  Result<void> done = note_change();
  if (done) done = transaction->commit();
  if (!done) {
    version_ = -1;
    return error_of(done);
  }
  added.stored = room_.letters();
  added.written = true;
  return added;
}

Result<void> DeadLetters::Impl::insert(const DeadLetter& letter) {
  const std::string_view payload = letter.payload;
  const std::string_view kept = kept_of(payload);
  const Result<std::uint64_t> inserted =
      database_
          ->statement(
              "INSERT INTO dead_letters(reason, channel, payload, payload_size, arrived_at, count, retry) "
              "VALUES(?1,?2,?3,?4,?5,?6,0)")
          .bind(name_of(letter.reason), Blob{letter.channel}, Blob{kept}, payload.size(),
                letter.arrived_at.time_since_epoch().count(), letter.count)
          .run();
  if (!inserted) return error_of(inserted);
  room_.added(letter);
  return {};
}

/// After a letter of `source` came: how many of its own had to go for it.
Result<std::uint64_t> DeadLetters::Impl::evict_for(const Source& source) {
  std::uint64_t evicted = 0;
  for (; room_.is_over(source); ++evicted) {
    if (const Result<void> done = evict_oldest_of(source); !done) return error_of(done);
  }
  return evicted;
}

Result<std::uint64_t> DeadLetters::Impl::evict_to_limits() {
  std::uint64_t evicted = 0;
  for (; room_.is_over(); ++evicted) {
    if (const Result<void> done = evict_oldest(); !done) return error_of(done);
  }
  return evicted;
}

Result<void> DeadLetters::Impl::evict_oldest_of(const Source& source) {
  const std::string end = LetterRoom::end_of_family(source.second);
  Statement oldest = database_
                         ->statement(
                             "SELECT id, length(channel) + length(payload) FROM dead_letters "
                             "WHERE reason=?1 AND channel>=?2 AND channel<?3 ORDER BY id LIMIT 1")
                         .bind(source.first, Blob{source.second}, Blob{end});
  if (const Result<bool> row = oldest.step(); !row) return error_of(row);
  return evict(oldest.integer(0), source, oldest.count(1) + LetterRoom::kRowBytes);
}

Result<void> DeadLetters::Impl::evict_oldest() {
  Statement oldest = database_->statement(
      "SELECT id, length(channel) + length(payload), reason, channel FROM dead_letters ORDER BY id LIMIT 1");
  if (const Result<bool> row = oldest.step(); !row) return error_of(row);
  return evict(oldest.integer(0), {std::string(oldest.bytes(2)), std::string(LetterRoom::family_of(oldest.bytes(3)))},
               oldest.count(1) + LetterRoom::kRowBytes);
}

Result<void> DeadLetters::Impl::evict(DeadLetterId id, const Source& source, std::uint64_t bytes) {
  const Result<std::uint64_t> gone = database_->statement("DELETE FROM dead_letters WHERE id=?1").bind(id).run();
  if (!gone) return error_of(gone);
  room_.evicted(source, bytes);
  return {};
}

Result<std::vector<StoredDeadLetter>> DeadLetters::Impl::list(std::uint64_t count_max) {
  std::vector<StoredDeadLetter> letters;
  Statement query = database_->statement(kSelectNewest)
                        .bind(std::min<std::uint64_t>(count_max, static_cast<std::uint64_t>(INT64_MAX)));
  for (;;) {
    const Result<bool> row = query.step();
    if (!row) return error_of(row);
    if (!*row) break;
    letters.push_back(letter_of(query));
  }
  std::reverse(letters.begin(), letters.end());
  return letters;
}

Result<std::optional<StoredDeadLetter>> DeadLetters::Impl::find(DeadLetterId id) {
  Statement query = database_->statement(kSelectOne).bind(id);
  const Result<bool> row = query.step();
  if (!row) return error_of(row);
  if (!*row) return std::optional<StoredDeadLetter>();
  return std::optional<StoredDeadLetter>(letter_of(query));
}

Result<std::vector<StoredDeadLetter>> DeadLetters::Impl::marked(std::uint64_t bytes_max) {
  std::vector<StoredDeadLetter> letters;
  std::uint64_t bytes = 0;
  Statement query = database_->statement(kSelectMarked);
  while (letters.empty() || bytes < bytes_max) {
    const Result<bool> row = query.step();
    if (!row) return error_of(row);
    if (!*row) break;
    letters.push_back(letter_of(query));
    bytes += letters.back().letter.payload.size();
  }
  return letters;
}

template <class Run>
Result<std::uint64_t> DeadLetters::Impl::for_each_or_all(std::span<const DeadLetterId> ids, const Run& run) {
  if (ids.empty()) return run(std::nullopt);
  std::uint64_t changed = 0;
  for (const DeadLetterId id : ids) {
    const Result<std::uint64_t> done = run(std::optional<DeadLetterId>(id));
    if (!done) return done;
    changed += *done;
  }
  return changed;
}

Result<std::uint64_t> DeadLetters::Impl::mark(std::span<const DeadLetterId> ids, RetryMark retry) {
  Result<Transaction> transaction = Transaction::begin(*database_);
  if (!transaction) return error_of(transaction);
  Result<std::uint64_t> marked = for_each_or_all(ids, [&](std::optional<DeadLetterId> id) {
    return id ? database_->statement("UPDATE dead_letters SET retry=?1 WHERE id=?2 AND length(payload)=payload_size")
                    .bind(retry, *id)
                    .run()
              : database_->statement("UPDATE dead_letters SET retry=?1 WHERE length(payload)=payload_size")
                    .bind(retry)
                    .run();
  });
  if (!marked) return marked;
  if (const Result<void> done = transaction->commit(); !done) return error_of(done);
  return marked;
}

Result<std::uint64_t> DeadLetters::Impl::drop(std::span<const DeadLetterId> ids) {
  Result<Transaction> transaction = Transaction::begin(*database_);
  if (!transaction) return error_of(transaction);
  if (const Result<void> counted = count_again_if_changed(); !counted) return error_of(counted);
  Result<std::uint64_t> dropped = for_each_or_all(ids, [&](std::optional<DeadLetterId> id) {
    return id ? database_->statement("DELETE FROM dead_letters WHERE id=?1").bind(*id).run()
              : database_->statement("DELETE FROM dead_letters").run();
  });
  Result<void> done = dropped ? note_change() : Result<void>(error_of(dropped));
  version_ = -1;  // the counts are as they were before
  if (done) done = transaction->commit();
  if (!done) return error_of(done);
  return dropped;
}

Result<bool> DeadLetters::Impl::has_changed() {
  const Result<std::int64_t> version = database_->number("PRAGMA data_version");
  if (!version) return error_of(version);
  const std::int64_t last = std::exchange(data_version_, *version);
  return last != -1 && last != *version;
}

DeadLetters::DeadLetters(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeadLetters::DeadLetters(DeadLetters&&) noexcept = default;
DeadLetters& DeadLetters::operator=(DeadLetters&&) noexcept = default;
DeadLetters::~DeadLetters() = default;

Result<DeadLetters> DeadLetters::open(const std::filesystem::path& file, const DeadLetterLimits& limits, Sync sync) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return fail(ErrorCode::kUnavailable, "outbox " + file.string() + " is not there",
                "name the relay's outbox with --outbox; a relay creates it when it starts");
  }
  const std::string no_outbox = "outbox " + file.string() + " is no outbox of this program";
  const std::string remedy = "name the relay's outbox with --outbox; a relay that starts sets such a file aside";
  if (!std::filesystem::is_regular_file(file, error)) return fail(ErrorCode::kIo, no_outbox, remedy);
  Result<std::unique_ptr<Database>> database = Database::open(file, Database::Mode::kExisting);
  if (!database) return error_of(database);
  const Result<FileKind> kind = recognise(**database);
  if (!kind && (*database)->is_damaged()) return fail(ErrorCode::kIo, kind.error().what, remedy);
  if (!kind) return error_of(kind);
  if (*kind != FileKind::kOutbox) return fail(ErrorCode::kIo, no_outbox, remedy);
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
Result<std::vector<StoredDeadLetter>> DeadLetters::list(std::uint64_t count_max) { return impl_->list(count_max); }
Result<std::optional<StoredDeadLetter>> DeadLetters::find(DeadLetterId id) { return impl_->find(id); }
Result<std::uint64_t> DeadLetters::mark(std::span<const DeadLetterId> ids, RetryMark retry) {
  return impl_->mark(ids, retry);
}
Result<std::uint64_t> DeadLetters::drop(std::span<const DeadLetterId> ids) { return impl_->drop(ids); }
Result<bool> DeadLetters::has_changed() { return impl_->has_changed(); }
Result<std::vector<StoredDeadLetter>> DeadLetters::marked(std::uint64_t bytes_max) { return impl_->marked(bytes_max); }

bool is_outbox_in_use(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(std::filesystem::absolute(file), error);
  return FileLock::is_held(error ? file : canonical);
}

}  // namespace firebase_relay::outbox
