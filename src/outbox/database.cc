#include "outbox/database.h"

#include <unistd.h>

#include <utility>

#include "outbox/volume.h"

namespace firebase_relay::outbox {
namespace {

constexpr int kBusyTimeoutMs = 2'000;

ErrorCode code_for(int code) {
  const int primary = code & 0xFF;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED ? ErrorCode::kBusy : ErrorCode::kIo;
}

/// A file's name as SQLite's URIs take it.
std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : file.string()) {
    if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else if (c == '%') {
      uri += "%25";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : session_(other.session_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Statement::bind_integer(int i, std::int64_t value) {
  if (statement_ != nullptr) sqlite3_bind_int64(statement_, i, value);
}
void Statement::bind_text(int i, std::string_view value) {
  if (statement_ == nullptr) return;
  sqlite3_bind_text64(statement_, i, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
}
void Statement::bind_blob(int i, std::string_view value) {
  if (statement_ == nullptr) return;
  sqlite3_bind_blob64(statement_, i, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
}

bool Statement::next() {
  if (!session_->ok()) return false;
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) session_->error_ = session_->database_->note_failure();
  return code == SQLITE_ROW;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view{}
                         : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Mode mode) {
  std::unique_ptr<Database> database(new Database(file));
  const bool untouched = mode == Mode::kUntouched;
  const int flags = SQLITE_OPEN_NOMUTEX | (untouched ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE) |
                    (mode == Mode::kCreate ? SQLITE_OPEN_CREATE : 0);
  const std::string name = untouched ? immutable_uri(std::filesystem::absolute(file)) : file.string();
  const int code = sqlite3_open_v2(name.c_str(), &database->connection_, flags, nullptr);
  if (code != SQLITE_OK) {
    database->code_ = database->connection_ ? sqlite3_extended_errcode(database->connection_) : code;
    database->message_ = sqlite3_errstr(code);
    return tl::unexpected<Error>(database->failure());
  }
  sqlite3_extended_result_codes(database->connection_, 1);
  sqlite3_busy_timeout(database->connection_, kBusyTimeoutMs);
  // A file from anywhere may be opened here: nothing that it declares is run.
  sqlite3_db_config(database->connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database->connection_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

Database::~Database() { close(); }

void Database::close() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
  sqlite3_close(std::exchange(connection_, nullptr));
}

void Database::reopen_if_refused() {
  const bool was_refused = (code_ & 0xFF) == SQLITE_READONLY || sqlite3_db_readonly(connection_, "main") == 1;
  if (!was_refused) return;
  Result<std::unique_ptr<Database>> anew = open(file_, Mode::kExisting);
  if (!anew || !(*anew)->configure(configuration_)) return;
  close();
  connection_ = std::exchange((*anew)->connection_, nullptr);
  code_ = SQLITE_OK;
}

sqlite3_stmt* Database::prepared(std::string_view sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    static_cast<void>(sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  }
  return statement;
}

Result<void> Database::execute(const std::string& sql) {
  Session session(*this);
  session.execute(sql);
  return session.status();
}

Result<void> Database::configure(std::string sql) {
  configuration_ = std::move(sql);
  return execute(configuration_);
}

bool Database::is_damaged() const {
  const int primary = code_ & 0xFF;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_FORMAT;
}

bool Database::lacks_something() const { return (code_ & 0xFF) == SQLITE_ERROR; }

void Database::keep_log_on_close(bool keep) {
  sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

void Database::release_memory() { sqlite3_db_release_memory(connection_); }

Error Database::note_failure() {
  code_ = sqlite3_extended_errcode(connection_);
  message_ = sqlite3_errmsg(connection_);
  met_damage_ = met_damage_ || is_damaged();
  return failure();
}

Error Database::failure() const {
  return {code_for(code_), "outbox " + file_.string() + ": " + message_,
          remedy_for(code_, volume_of(file_), ::geteuid())};
}

sqlite3_stmt* Session::prepared(std::string_view sql) {
  if (!ok()) return nullptr;
  sqlite3_stmt* statement = database_->prepared(sql);
  if (statement == nullptr) error_ = database_->note_failure();
  return statement;
}

std::uint64_t Session::to_the_end(Statement statement) {
  while (statement.next()) {
  }
  return ok() ? static_cast<std::uint64_t>(sqlite3_changes64(database_->connection_)) : 0;
}

std::string Session::text(std::string_view sql) {
  Statement statement = select(sql);
  return statement.next() ? std::string(statement.bytes(0)) : std::string();
}

void Session::execute(const std::string& sql) {
  if (!ok()) return;
  if (sqlite3_exec(database_->connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    error_ = database_->note_failure();
}

Result<void> Session::status() const {
  if (!ok()) return error();
  return {};
}

bool Session::forgive_damage() {
  if (ok() || !database_->is_damaged()) return false;
  error_.reset();
  return true;
}

Transaction::Transaction(Database& database) : Session(database) {
  database.reopen_if_refused();
  run("BEGIN IMMEDIATE");
  is_open_ = ok();
}

Transaction::~Transaction() {
  // Fails only when SQLite has rolled back by itself already, and then the failure before it is the one to know of.
  if (is_open_) static_cast<void>(sqlite3_exec(database().connection_, "ROLLBACK", nullptr, nullptr, nullptr));
}

Result<void> Transaction::commit() {
  run("COMMIT");
  if (ok()) is_open_ = false;
  return status();
}

}  // namespace firebase_relay::outbox
