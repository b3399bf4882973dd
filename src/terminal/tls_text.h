#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "bus/tls_context.h"
#include "bus/tls_session.h"
#include "observe/printable.h"

namespace firebase_relay::terminal {

/// What there is to say about TLS to Redis: a certificate that ends soon is better known today. Empty: there is none.
inline std::string tls_text(const std::optional<bus::TlsPeer>& peer,
                            const std::shared_ptr<const bus::TlsContext>& tls) {
  if (!peer) return {};
  const auto left = std::chrono::floor<std::chrono::days>(peer->expires - utc_now());
  return ", " + peer->version + ", certificate by " + observe::printable(peer->issuer, 100) + ", " +
         std::to_string(left.count()) + " days left" + (tls->warning() ? "; " + *tls->warning() : "");
}

}  // namespace firebase_relay::terminal
