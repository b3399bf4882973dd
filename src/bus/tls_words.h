#pragma once

#include <string>
#include <string_view>

#include "firebase_relay/result.h"
#include "firebase_relay/time.h"

struct x509_st;

namespace firebase_relay::bus {

/// A certificate that is not good, and why.
struct RefusedCertificate {
  int verdict = 0;                ///< OpenSSL's X509_V_ERR_…; 0: none was refused
  bool is_an_authoritys = false;  ///< it signed Redis' certificate, or another authority's; else it is Redis' own
  std::string names;              ///< what it is for, as many as fit a line
  UtcMillis valid_from{};
  UtcMillis expires{};
};
/// `certificate` (OpenSSL's X509) may be null.
RefusedCertificate describe_refused(int verdict, const x509_st* certificate, bool is_an_authoritys);

/// Who signed it: organisation and common name, or what else there is.
std::string issuer_of(const x509_st& certificate);
UtcMillis expiry_of(const x509_st& certificate);

/// Is this what a TLS server may begin with: a handshake, or an alert?
bool begins_like_tls(std::string_view first_bytes);

/// What went wrong and what a person does about it. `expected`: the name or address that it had to be for.
Error explain_certificate(const RefusedCertificate& refused, std::string_view expected);
/// Of anything else that OpenSSL says (its packed error code): alerts of the other side, mostly.
Error explain_tls(unsigned long code);
/// Of a peer that answers to our handshake without TLS.
Error explain_plain_peer(std::string_view first_bytes);
/// Of a peer that closed the connection within the handshake, or behind it before it had answered anything. `how`: what
/// the system said.
Error explain_closed_tls(std::string_view how);
/// Of a peer that says nothing to our handshake.
Error explain_mute_handshake();

}  // namespace firebase_relay::bus
