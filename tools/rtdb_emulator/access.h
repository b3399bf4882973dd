#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "rtdb_emulator/path.h"
#include "rtdb_emulator/switches.h"

namespace rtdb_emulator {

/// What the command line says about who may use the databases.
struct AccessOptions {
  bool require_auth = false;
  std::set<std::string> tokens;   ///< `Bearer`, `access_token=`, `gauth`; `owner` always is one
  std::set<std::string> secrets;  ///< `auth=`
  /// An ID token ends so long after its first use; 0: when it says itself.
  unsigned token_seconds = 0;
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
  std::string uid;                         ///< of a user
  nlohmann::json claims;                   ///< of a user's token
  std::optional<std::int64_t> expires_ms;  ///< nothing: never
};

/// Tells who has a credential, and what he may. Threads: any.
class Access {
 public:
  /// Both must outlive it.
  Access(const AccessOptions& options, const Switches& switches) : options_(options), switches_(switches) {}
  /// Who has `credential`, or why nobody: kTokenExpired if it was good once. An ID token's signature is not looked at:
  /// those for emulators have none.
  [[nodiscard]] std::variant<Identity, Refusal> identify(const Credential& credential, std::int64_t now_ms) const;
  /// Whether he may read and write at all.
  [[nodiscard]] bool may_enter(const Identity& identity) const;

 private:
  [[nodiscard]] bool is_over(const std::string& token, const Identity& user, std::int64_t now_ms) const;

  const AccessOptions& options_;
  const Switches& switches_;
  mutable std::mutex mutex_;
  /// When each ID token came first, where they end by that: all of them, since one that is forgotten would be new
  /// again.
  mutable std::map<std::string, std::int64_t> first_use_ms_;  ///< guarded by mutex_
};

inline constexpr char kTokenExpired[] = "Auth token is expired";
inline constexpr char kPermissionDenied[] = "Permission denied";

}  // namespace rtdb_emulator
