#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "firebase_relay/result.h"
#include "flush/database_url.h"
#include "flush/service_account.h"

namespace firebase_relay::flush {

/// What lets one request in. Both parts empty: nothing does, the database's rules decide.
struct Credential {
  Secret authorization;   ///< value of the Authorization header
  Secret auth_parameter;  ///< a legacy secret: it is taken in the URL's query alone, as `auth`
};

/// Gives each request the credential of its time.
///
/// Threads: any, for everything.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  /// The credential for a request that is sent now. Nothing: it is on its way, and watch() tells when it has come.
  /// Errors: kUnavailable, with the reason, when none could be had; the next attempt is made by itself.
  virtual Result<std::optional<Credential>> current() = 0;
  /// To be called when the database did not take the last credential: another is fetched at once, where there can be
  /// one.
  virtual void refused() {}
  /// From now on `changed` is called, from any thread, when current() has something new to say. It replaces the
  /// function that was given before, which is neither running nor called again once this returns.
  virtual void watch(const std::function<void()>& /*changed*/) {}
};

/// One that stays as it is.
class FixedCredential final : public CredentialSource {
 public:
  /// `credential`: with both parts empty requests go out without one.
  explicit FixedCredential(Credential credential) : credential_(std::move(credential)) {}
  Result<std::optional<Credential>> current() override { return credential_; }

 private:
  const Credential credential_;
};

/// `text` of the database's, in which it may repeat our request, without what let that in.
std::string without(std::string_view text, const Credential& credential);

/// Where the settings say that credentials are. If both are named, the service account's key is used.
struct CredentialFiles {
  std::string account;  ///< a service account's key, JSON; empty: none
  std::string secret;   ///< a legacy database secret, one line; empty: none
};

/// What the settings name, read and checked.
struct Credentials {
  std::optional<ServiceAccount> account;  ///< a token is minted by it, and `fixed` is empty
  Credential fixed;
  std::vector<std::string> warnings;

  /// True: requests go out without any, and the database's rules decide.
  [[nodiscard]] bool is_none() const { return !account && fixed.authorization.empty() && fixed.auth_parameter.empty(); }
};

/// Reads the files. An emulator gets `Bearer owner` and no file is read for it.
/// Errors: kInvalid, with the flag, the file, what is wrong with it and how to mend it.
Result<Credentials> read_credentials(const CredentialFiles& files, const DatabaseUrl& database);

/// The key alone. Errors as above.
Result<ServiceAccount> read_account(const std::string& file, std::vector<std::string>& warnings);

/// `url` with the credential's parameter in its query.
Secret with_parameter(std::string url, const Credential& credential);

}  // namespace firebase_relay::flush
