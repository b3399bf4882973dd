#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "firebase_relay/result.h"
#include "flush/service_account.h"

namespace firebase_relay::flush {

/// How long an assertion is good for: the most that Google takes.
inline constexpr std::chrono::seconds kAssertionLife{3600};

/// The assertion that a token is exchanged for: a JWT signed by RS256 for the scopes that a Realtime Database needs
/// (both: without userinfo.email it answers 401). `issued_at` is the token endpoint's time, as far as we know it.
/// Errors: kInvalid when the key cannot sign.
/// Source: RFC 7523 §2.1, RFC 7515; "Using OAuth 2.0 for Server to Server Applications", developers.google.com.
Result<Secret> sign_assertion(const ServiceAccount& account, std::chrono::sys_seconds issued_at);

/// True: `pem` is an RSA key that needs no passphrase, so it can sign.
bool is_rsa_key(const Secret& pem);

/// base64url without padding (RFC 4648 §5).
std::string base64url(std::string_view bytes);

}  // namespace firebase_relay::flush
