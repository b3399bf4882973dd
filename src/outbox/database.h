#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "firebase_relay/result.h"

namespace firebase_relay::outbox {

class Database;

/// A parameter of bytes that are no text.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement at work: bind, step, read columns. Goes back to its database when it dies; views that it gave
/// are valid until the next step.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Binds the parameters from ?1 on. Does not copy: strings have to live until the statement dies.
  template <class... Values>
  Statement&& bind(const Values&... values) && {
    int i = 0;
    (bind_one(++i, values), ...);
    return std::move(*this);
  }
  /// To the next row; false: there is none.
  Result<bool> step();
  /// To the end. How many rows it changed.
  Result<std::uint64_t> run();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  [[nodiscard]] bool is_null(int column) const;
  /// Text or blob.
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  friend class Database;
  Statement(Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}

  template <class Value>
  void bind_one(int i, const Value& value) {
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

  Database* database_;
  sqlite3_stmt* statement_;  ///< null: it could not be prepared, and step() says why
};

/// One connection to a file: SQLite's errors become ours here, and nowhere else is SQLite called.
///
/// Threads: one at a time. Errors: values; `what` begins with the file's name.
class Database {
 public:
  enum class Mode : std::uint8_t {
    kCreate,
    kExisting,
    kUntouched,  ///< reads the file alone, without its write-ahead log, and makes nothing beside it
  };
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// The statement of this text, which has to live as long as the database does (a literal). One at a time.
  Statement statement(std::string_view sql);
  /// Statements without parameters, separated by semicolons.
  Result<void> execute(const std::string& sql);
  /// As execute(), for what holds as long as the connection does; a new one gets it, too (reopen_if_refused()).
  Result<void> configure(std::string sql);
  /// A connection that was not allowed to write stays so, whatever becomes of the file's rights: makes a new one then.
  void reopen_if_refused();
  /// The first column of the only row.
  Result<std::int64_t> number(std::string_view sql);

  /// Does the last failure mean that the file's content is damaged, rather than that the disk or a lock failed?
  [[nodiscard]] bool is_damaged() const;
  /// Does the last failure mean that the file lacks a table or column that it should have?
  [[nodiscard]] bool lacks_something() const;
  /// While set, closing leaves the write-ahead log where it is, so that what is set aside stays as it was found.
  void keep_log_on_close(bool keep);
  /// Pages in memory, beyond what statements need, go back to the system.
  void release_memory();
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  /// The last failure as an error.
  [[nodiscard]] Error failure();

 private:
  friend class Statement;
  explicit Database(std::filesystem::path file) : file_(std::move(file)) {}
  void close();

  std::filesystem::path file_;
  std::string configuration_;
  sqlite3* connection_ = nullptr;
  int code_ = SQLITE_OK;  ///< of the last failure, extended
  std::string message_;
  std::map<std::string_view, sqlite3_stmt*> statements_;
};

/// BEGIN IMMEDIATE; rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace firebase_relay::outbox
