#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "firebase_relay/result.h"

namespace firebase_relay::flush {

/// A service account's key, as the Firebase console makes it (Project settings, Service accounts).
struct ServiceAccount {
  std::string client_email;
  std::string project_id;      ///< not checked: see default_database_of()
  std::string private_key_id;  ///< may be empty
  std::string token_uri;       ///< https://, or http:// to this very machine
  Secret private_key;          ///< PEM, of RSA
};

/// Reads the JSON of a key. Errors: kInvalid; they name the member that is missing or wrong, never a value of it.
Result<ServiceAccount> parse_service_account(std::string_view json);

}  // namespace firebase_relay::flush
