#include "relay/access.h"

#include <utility>

namespace firebase_relay::relay {

Result<Access> read_access(const Options& options, bool redis, observe::Log& log) {
  Access access;
  auto credentials = flush::read_credentials({options.credentials_file, options.auth_secret_file}, *options.database);
  if (!credentials) return error_of(credentials);
  for (const std::string& warning : credentials->warnings) log.logger().warn("{}", warning);
  access.credentials = std::move(*credentials);
  if (!options.ca_file.empty()) {
    auto ca = CaFile::read("--ca-file", options.ca_file);
    if (!ca) return error_of(ca);
    access.ca = std::move(*ca);
  }
  if (!redis) return access;
  auto tls = bus::TlsContext::make(options.redis, options.redis_tls());
  if (!tls) return error_of(tls);
  if (*tls && (*tls)->warning()) log.logger().warn("{}", *(*tls)->warning());
  access.redis_tls = std::move(*tls);
  return access;
}

}  // namespace firebase_relay::relay
