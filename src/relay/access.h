#pragma once

#include <memory>

#include "base/ca_file.h"
#include "bus/tls_context.h"
#include "firebase_relay/result.h"
#include "flush/token_keeper.h"
#include "observe/log.h"
#include "relay/options.h"

namespace firebase_relay::relay {

/// The secrets and certificates that the options name, read before anything starts.
struct Access {
  flush::Credentials credentials;
  std::shared_ptr<const CaFile> ca;                  ///< null: the system's authorities alone
  std::shared_ptr<const bus::TlsContext> redis_tls;  ///< null: Redis without TLS, or no Redis
};

/// Warnings go to `log`. With `redis`, what Redis needs, too.
/// Errors: kInvalid, with the flag, its file and what to do.
Result<Access> read_access(const Options& options, bool redis, observe::Log& log);

}  // namespace firebase_relay::relay
