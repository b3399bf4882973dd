#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "rtdb_emulator/node.h"
#include "rtdb_emulator/path.h"
#include "rtdb_emulator/query.h"
#include "rtdb_emulator/rules.h"
#include "rtdb_emulator/switches.h"

namespace rtdb_emulator {

/// What the command line says about who may use the databases.
struct AccessOptions {
  bool require_auth = false;
  std::set<std::string> tokens;   ///< `Bearer`, `access_token=`, `gauth`; `owner` always is one
  std::set<std::string> secrets;  ///< `auth=`
  /// An ID token ends so long after its first use; 0: when it says itself.
  unsigned token_seconds = 0;
  std::shared_ptr<const Rules> rules;  ///< null: whoever gets in may do everything
};

/// By what somebody says who he is. Empty: by nothing.
struct Credential {
  std::string token;  ///< a server's access token
  std::string auth;   ///< a database secret, or a user's ID token (JWT)
};

/// Who asks.
struct Identity {
  enum class Kind : std::uint8_t { kNobody, kUser, kAdmin };
  Kind kind = Kind::kNobody;
  nlohmann::json auth;                     ///< what rules call so: of a user `uid` and `token`, else null
  std::optional<std::int64_t> expires_ms;  ///< nothing: never
};

/// Tells who has a credential, and what he may. Threads: any.
class Access {
 public:
  /// Both must outlive it.
  Access(const AccessOptions& options, const Switches& switches)
      : options_(options), switches_(switches), rules_(options.rules) {}
  /// Who has `credential`, or why nobody: kTokenExpired if it was good once. An ID token's signature is not looked at:
  /// those for emulators have none.
  [[nodiscard]] std::variant<Identity, Refusal> identify(const Credential& credential, std::int64_t now_ms) const;
  /// Whether he may read and write at all.
  [[nodiscard]] bool may_enter(const Identity& identity) const;
  /// Whether he may read what stands at `place`, in the tree `root`. Administrators are past the rules.
  [[nodiscard]] bool may_read(const Identity& identity, const Node& root, const Path& place) const;
  /// Whether he may do all of `writes` to the tree `root`.
  [[nodiscard]] bool may_write(const Identity& identity, const Node& root, const Writes& writes) const;
  /// What is said of `query` where the rules have no index for it, to administrators, too. Nothing: it has what it
  /// needs.
  [[nodiscard]] std::optional<Refusal> refuse_without_index(const Query& query, const Path& place) const;
  /// Whether there are any: without, whoever gets in may do everything, and nothing has an index.
  [[nodiscard]] bool has_rules() const { return rules() != nullptr; }
  /// Those that hold now; null: none.
  [[nodiscard]] std::shared_ptr<const Rules> rules() const;
  /// From now on `rules` hold. Whoever listens is to be asked about again: Database::end_lost_rights().
  void set_rules(std::shared_ptr<const Rules> rules);

 private:
  [[nodiscard]] bool is_open() const;
  [[nodiscard]] bool is_over(const std::string& token, const Identity& user, std::int64_t now_ms) const;

  const AccessOptions& options_;
  const Switches& switches_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Rules> rules_;  ///< guarded by mutex_
  /// When each ID token came first, where they end by that: all of them, since one that is forgotten would be new
  /// again.
  mutable std::map<std::string, std::int64_t> first_use_ms_;  ///< guarded by mutex_
};

inline constexpr char kTokenExpired[] = "Auth token is expired";

}  // namespace rtdb_emulator
