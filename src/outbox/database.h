#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "firebase_relay/result.h"

namespace firebase_relay::outbox {

class Session;

/// A parameter of bytes that are no text.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement at work, of a Session, which is told of a failure and has to live longer. Goes back to its
/// database when it dies; views that it gave are valid until the next step.
class Statement {
 public:
  /// The other one is at work no longer.
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// To the next row; false: there is none, or the session has failed, now or before.
  bool next();

  /// Of the row; without one: 0.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  [[nodiscard]] bool is_null(int column) const;
  /// Text or blob; without a row: empty.
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  friend class Session;
  Statement(Session& session, sqlite3_stmt* statement) : session_(&session), statement_(statement) {}

  template <class Value>
  void bind(int i, const Value& value) {
    if constexpr (std::is_same_v<Value, Blob>) {
      bind_blob(i, value.bytes);
    } else if constexpr (std::is_convertible_v<Value, std::string_view>) {
      bind_text(i, value);
    } else {
      bind_integer(i, static_cast<std::int64_t>(value));
    }
  }
  void bind_integer(int i, std::int64_t value);
  void bind_text(int i, std::string_view value);
  void bind_blob(int i, std::string_view value);

  Session* session_;
  sqlite3_stmt* statement_;  ///< null: it could not be prepared, and the session knows why
};

/// One connection to a file: SQLite's errors become ours here, and nowhere else is SQLite called.
///
/// Threads: one at a time. Errors: values; `what` begins with the file's name.
class Database {
 public:
  /// What may be made of a file that is not there.
  enum class Mode : std::uint8_t {
    kCreate,
    kExisting,
    kUntouched,  ///< reads the file alone, without its write-ahead log, and makes nothing beside it
  };
  /// Errors: kUnavailable, where the file is not there and is not to be made; kIo.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Statements without parameters, separated by semicolons.
  Result<void> execute(const std::string& sql);
  /// As execute(), for what holds as long as the connection does; a new one gets it, too (reopen_if_refused()).
  Result<void> configure(std::string sql);
  /// A connection that was not allowed to write stays so, whatever becomes of the file's rights: makes a new one then.
  void reopen_if_refused();

  /// Does the last failure mean that the file's content is damaged, rather than that the disk or a lock failed?
  [[nodiscard]] bool is_damaged() const;
  /// Has any failure since the last call meant that?
  bool has_met_damage() { return std::exchange(met_damage_, false); }
  /// Does the last failure mean that the file lacks a table or column that it should have?
  [[nodiscard]] bool lacks_something() const;
  /// While set, closing leaves the write-ahead log where it is, so that what is set aside stays as it was found.
  void keep_log_on_close(bool keep);
  /// Pages in memory, beyond what statements need, go back to the system.
  void release_memory();
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  friend class Session;
  friend class Statement;
  friend class Transaction;
  explicit Database(std::filesystem::path file) : file_(std::move(file)) {}
  void close();
  /// The statement of this text, which has to live as long as the database does (a literal). One at a time. Null: it
  /// cannot be prepared.
  sqlite3_stmt* prepared(std::string_view sql);
  /// Notes the connection's last failure, and gives it as an error.
  Error note_failure();
  /// The failure that was noted last.
  [[nodiscard]] Error failure() const;

  std::filesystem::path file_;
  std::string configuration_;
  sqlite3* connection_ = nullptr;
  int code_ = SQLITE_OK;  ///< of the last failure, extended
  std::string message_;
  bool met_damage_ = false;
  std::map<std::string_view, sqlite3_stmt*> statements_;
};

/// Statements one after another, of which the first failure is kept (as leveldb's Iterator::status() does): from then
/// on none reaches the file, select() finds no row, run() changes none, and number() is 0. So they can follow each
/// other, and whoever makes them asks once, at the end and before he believes what he has read.
class Session {
 public:
  /// `database` must outlive it.
  explicit Session(Database& database) : database_(&database) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// `sql` has to live as long as the database does (a literal), and the values, which go to ?1 and on, as long as the
  /// statement: they are not copied. No other statement of this text may be at work.
  template <class... Values>
  Statement select(std::string_view sql, const Values&... values) {
    Statement statement(*this, prepared(sql));
    int i = 0;
    (statement.bind(++i, values), ...);
    return statement;
  }
  /// To its end. How many rows it changed.
  template <class... Values>
  std::uint64_t run(std::string_view sql, const Values&... values) {
    return to_the_end(select(sql, values...));
  }
  /// The first column of the first row as a number; 0 when there is none.
  template <class... Values>
  std::int64_t number(std::string_view sql, const Values&... values) {
    Statement statement = select(sql, values...);
    return statement.next() ? statement.integer(0) : 0;
  }
  /// The same as text; empty when there is none.
  std::string text(std::string_view sql);
  /// Statements without parameters, separated by semicolons; they need not live on.
  void execute(const std::string& sql);

  /// Has nothing failed so far?
  [[nodiscard]] bool ok() const { return !error_; }
  /// The first failure. Only where there is one: !ok().
  [[nodiscard]] tl::unexpected<Error> error() const { return tl::unexpected<Error>(*error_); }
  [[nodiscard]] Result<void> status() const;
  /// `value`, unless something failed.
  template <class Value>
  [[nodiscard]] Result<Value> result(Value value) const {
    if (!ok()) return error();
    return value;
  }
  /// Did it fail, and that since the file is damaged? Then this is forgotten, and it can go on.
  bool forgive_damage();
  [[nodiscard]] Database& database() const { return *database_; }

 private:
  friend class Statement;
  sqlite3_stmt* prepared(std::string_view sql);
  std::uint64_t to_the_end(Statement statement);

  Database* database_;
  std::optional<Error> error_;
};

/// A session in a transaction (BEGIN IMMEDIATE), which is rolled back unless it is committed. That it could not begin
/// is its first failure.
class Transaction final : public Session {
 public:
  /// Begins it. `database` must outlive it.
  explicit Transaction(Database& database);
  ~Transaction();
  /// Fails with the first failure.
  Result<void> commit();
  /// `value`, if that succeeds.
  template <class Value>
  Result<Value> commit(Value value) {
    if (const Result<void> committed = commit(); !committed) return error();
    return value;
  }

 private:
  bool is_open_;
};

}  // namespace firebase_relay::outbox
