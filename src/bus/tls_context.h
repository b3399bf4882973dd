#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bus/redis_url.h"
#include "firebase_relay/result.h"

struct ssl_ctx_st;

namespace firebase_relay::bus {

/// What a person may say about TLS to Redis; each may be empty.
struct TlsOptions {
  std::string ca_file;           ///< authorities to trust besides the system's
  std::string certificate_file;  ///< ours, with what stands between it and its authority; needs `key_file`
  std::string key_file;          ///< of that certificate
  std::string name;              ///< what Redis' certificate has to be for; empty: the URL's host
};

/// What every TLS connection to Redis shares: whom to trust, and who we are. TLS 1.2 or newer; the certificate of the
/// other side is always verified, and nothing here turns that off. The files are read once: a certificate that was
/// renewed counts from the next start.
///
/// Threads: any, once made.
class TlsContext {
 public:
  /// Null where `url` does not ask for TLS.
  /// Errors: kInvalid, with the flag, its file and what to do. A key's file obeys the rules of read_secret_file().
  static Result<std::shared_ptr<const TlsContext>> make(const RedisUrl& url, const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// OpenSSL's SSL_CTX.
  [[nodiscard]] ssl_ctx_st* get() const { return context_; }
  /// The name, or the address, that Redis' certificate has to be for.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The key's file may be read by others than its owner, where that is no more than worth a warning.
  [[nodiscard]] const std::optional<std::string>& warning() const { return warning_; }

 private:
  TlsContext(ssl_ctx_st* context, std::string name) : context_(context), name_(std::move(name)) {}
  Result<void> take_authorities(const std::string& file);
  Result<void> take_certificate(const std::string& file);
  Result<void> take_key(const std::string& file);

  ssl_ctx_st* context_;
  std::string name_;
  std::optional<std::string> warning_;
};

}  // namespace firebase_relay::bus
