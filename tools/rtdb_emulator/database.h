#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rtdb_emulator/journal.h"
#include "rtdb_emulator/json_reader.h"
#include "rtdb_emulator/json_writer.h"
#include "rtdb_emulator/node.h"
#include "rtdb_emulator/path.h"
#include "rtdb_emulator/push_id.h"

namespace rtdb_emulator {

/// One change as a listener sees it: below its place, or of its place as a whole. What it refers to is there only while
/// the listener is called.
struct Change {
  /// One that was written at once with others: its path relative to the change's, and what stands there now.
  using Members = std::vector<std::pair<std::string, const Node*>>;
  const Node& whole;  ///< what stands at the listener's place now
  bool is_patch = false;
  Path path;      ///< relative to the listener's place
  Members value;  ///< of a patch its members, else one

  /// What to put at `path`, or to merge into it.
  [[nodiscard]] std::string json(const WriteOptions& options) const;
};
using Listener = std::function<void(const Change&)>;

/// The right to read a place. It is asked for after each change of the tree, under the lock of the database.
struct ReadRight {
  std::function<bool(const Node& root)> holds;  ///< empty: always
  std::function<void()> lost = [] {};           ///< called once, when it holds no longer: nothing more is told
};
/// Who writes.
struct Author {
  std::uint64_t request = 0;  ///< its number, for the journal
  std::int64_t now_ms = 0;
  /// Whether he may, asked under the lock of the database; empty: he may.
  std::function<bool(const Node& root, const Writes& writes)> may;
};

/// One tree for each `ns`. Writes are applied whole or not at all.
/// Threads: any; one lock for all. Listeners are called under it, and must be quick.
class Database {
 public:
  /// Puts each update in its place below `at`. Refuses two of which one is the other's ancestor.
  std::optional<Refusal> update(const std::string& ns, const Path& at, Updates updates, const Author& author);
  /// Replaces what is at `at`. With `only_if`: only when that says so of what is there, else the result has what is.
  struct SetResult {
    bool is_allowed = true;
    bool matched = true;
    std::string current;
    std::string etag;
  };
  using Condition = std::function<bool(const Node&)>;
  SetResult set(const std::string& ns, const Path& at, Node value, const Condition& only_if, const Author& author);
  /// Puts `value` below `at`, at a new key, which is given back. Nothing: the author may not.
  std::optional<std::string> push(const std::string& ns, const Path& at, Node value, const Author& author);

  using Look = std::function<void(const Node&)>;
  /// Calls `look` with what is at `at`, under the lock.
  void read(const std::string& ns, const Path& at, const Look& look) const;
  /// The same where `right` holds. False: it does not.
  bool read(const std::string& ns, const Path& at, const ReadRight& right, const Look& look) const;
  /// Roughly the bytes that are stored below `at`.
  [[nodiscard]] std::uint64_t size_at(const std::string& ns, const Path& at) const;

  /// Calls `listener` with the value now, and with each change from now on, until unlisten() or the end of `right`.
  /// Nothing: the right does not hold.
  std::optional<std::uint64_t> listen(const std::string& ns, const Path& at, Listener listener, ReadRight right = {});
  void unlisten(std::uint64_t id);
  /// Ends the listeners whose right holds no longer, for another reason than a change of the tree.
  void end_lost_rights();

  /// Empties all databases and ends the journal. Listeners are not told.
  void clear();
  /// A line `name<TAB>tree` for each database.
  [[nodiscard]] std::string dump() const;
  /// The last dump: whoever comes after it waits for ever. For the end of the process.
  [[nodiscard]] std::string dump_and_freeze();
  /// What dump() gave. False: it is not.
  bool restore(const std::string& dump);
  [[nodiscard]] std::uint64_t version() const;

  /// To be used under mutex(), which guards the trees, too.
  Journal& journal() { return journal_; }
  std::mutex& mutex() const { return mutex_; }

 private:
  struct Listening {
    std::string ns;
    Path at;
    Listener listener;
    ReadRight right;
  };
  [[nodiscard]] std::string dump_locked() const;
  [[nodiscard]] const Node& root_of(const std::string& ns) const;
  void end_lost_rights_locked();
  void tell(const std::string& ns, const Path& at, const std::vector<Path>& written, bool is_patch);
  void note(const Path& path, const Node& root, const Author& author);

  mutable std::mutex mutex_;
  std::map<std::string, Node> roots_;
  std::map<std::uint64_t, Listening> listening_;
  std::uint64_t last_listener_ = 0;
  std::uint64_t version_ = 0;
  Journal journal_;
  PushIds push_ids_;
};

/// A hash of the value: what `ETag` says.
std::string etag_of(const Node& node);

}  // namespace rtdb_emulator
