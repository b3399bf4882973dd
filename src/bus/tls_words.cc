#include "bus/tls_words.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <memory>

#include "bus/redis_words.h"

namespace firebase_relay::bus {
namespace {

constexpr const char* kGiveCertificate = "give the client's by --redis-cert-file and --redis-key-file";
constexpr const char* kOursIsRefused =
    "--redis-cert-file has to be signed by an authority that Redis trusts (its tls-ca-cert-file)";
constexpr const char* kVersions = "let it speak TLS 1.2 or 1.3 (its tls-protocols)";

struct Row {
  int reason;  ///< OpenSSL's
  const char* what;
  const char* remedy;
};

constexpr Row kRows[] = {
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "Redis wants a certificate of ours (certificate required)",
     kGiveCertificate},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "Redis breaks the handshake off (handshake failure)",
     "where it wants a client's certificate, give it by --redis-cert-file and --redis-key-file; else it has no cipher "
     "in "
     "common with us"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "Redis refuses our certificate (unknown ca)", kOursIsRefused},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "Redis refuses our certificate (bad certificate)", kOursIsRefused},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "Redis refuses our certificate (unsupported certificate)",
     kOursIsRefused},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "Redis refuses our certificate (certificate unknown)", kOursIsRefused},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "Redis refuses our certificate (revoked)", "renew --redis-cert-file"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "Redis refuses our certificate (expired)", "renew --redis-cert-file"},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, "Redis does not know the name that we call it (unrecognized name)",
     "correct the host in --redis-url, or give the name by --redis-tls-name"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "Redis speaks none of our versions of TLS (protocol version)", kVersions},
    {SSL_R_UNSUPPORTED_PROTOCOL, "Redis speaks none of our versions of TLS", kVersions},
};

UtcMillis time_of(const ASN1_TIME* when) {
  std::tm broken{};
  if (when == nullptr || ASN1_TIME_to_tm(when, &broken) != 1) return {};
  return UtcMillis(std::chrono::seconds(::timegm(&broken)));
}

std::string date_text(UtcMillis when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm broken{};
  ::gmtime_r(&seconds, &broken);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%F", &broken)};
}

std::string text_of(const ASN1_STRING& string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string)),
          static_cast<std::size_t>(ASN1_STRING_length(&string))};
}

/// The value of `nid` in it; empty: it has none.
std::string part_of(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  return at < 0 ? std::string() : text_of(*X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

/// Of an address in a certificate, whose 4 or 16 bytes stand there as they are.
std::string address_text(std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_known = bytes.size() == 4 || bytes.size() == 16;
  if (is_known) ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

/// What it is for: its alternative names, else its common name.
std::string names_of(const x509_st& certificate) {
  constexpr int kNamesMax = 5;
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  const int count = list ? sk_GENERAL_NAME_num(list.get()) : 0;
  std::string names;
  for (int i = 0; i < std::min(count, kNamesMax); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), i), &type);
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    const std::string name = text_of(*static_cast<const ASN1_STRING*>(value));
    names += (names.empty() ? "" : ", ") + (type == GEN_DNS ? name : address_text(name));
  }
  if (count > kNamesMax) names += " and others";
  if (names.empty()) names = part_of(X509_get_subject_name(&certificate), NID_commonName);
  return names.empty() ? "nobody by name" : names;
}

bool is_unknown_authority(int verdict) {
  constexpr std::array kVerdicts = {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                                    X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                                    X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN};
  return std::find(kVerdicts.begin(), kVerdicts.end(), verdict) != kVerdicts.end();
}

}  // namespace

RefusedCertificate describe_refused(int verdict, const x509_st* certificate, bool is_an_authoritys) {
  if (certificate == nullptr) return {verdict, is_an_authoritys, "", {}, {}};
  return {verdict, is_an_authoritys, names_of(*certificate), time_of(X509_get0_notBefore(certificate)),
          expiry_of(*certificate)};
}

std::string issuer_of(const x509_st& certificate) {
  const X509_NAME* const issuer = X509_get_issuer_name(&certificate);
  const std::string organisation = part_of(issuer, NID_organizationName);
  const std::string name = part_of(issuer, NID_commonName);
  if (organisation.empty() && name.empty()) return "an authority without a name";
  return organisation + (organisation.empty() || name.empty() ? "" : ", ") + name;
}

UtcMillis expiry_of(const x509_st& certificate) { return time_of(X509_get0_notAfter(&certificate)); }

bool begins_like_tls(std::string_view first_bytes) {
  return first_bytes.starts_with(static_cast<char>(SSL3_RT_HANDSHAKE)) ||
         first_bytes.starts_with(static_cast<char>(SSL3_RT_ALERT));
}

Error explain_certificate(const RefusedCertificate& refused, std::string_view expected) {
  if (is_unknown_authority(refused.verdict)) {
    return {ErrorCode::kRefused,
            std::string("Redis' certificate is signed by nobody we trust (") +
                X509_verify_cert_error_string(refused.verdict) + ")",
            "give the certificate of its authority, or its own where it signed itself, by --redis-ca-file"};
  }
  const std::string begin = refused.is_an_authoritys ? "the certificate of Redis' authority " : "Redis' certificate ";
  switch (refused.verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {ErrorCode::kRefused, begin + "is for " + refused.names + ", not for " + std::string(expected),
              "give the host by that name in --redis-url, or the name that the certificate has by --redis-tls-name"};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {ErrorCode::kRefused, begin + "expired on " + date_text(refused.expires) + " (" + refused.names + ")",
              "renew it there; or is this machine's clock wrong?"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {ErrorCode::kRefused,
              begin + "is not valid before " + date_text(refused.valid_from) + " (" + refused.names + ")",
              "set this machine's clock (NTP), if it is behind"};
    default:
      return {ErrorCode::kRefused, begin + "is refused: " + X509_verify_cert_error_string(refused.verdict),
              "give Redis a certificate that is sound"};
  }
}

Error explain_tls(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  const auto* const row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& each) { return each.reason == reason; });
  if (row != std::end(kRows)) return {ErrorCode::kRefused, row->what, row->remedy};
  const char* const text = ERR_reason_error_string(code);
  return {ErrorCode::kUnavailable, std::string("TLS failed: ") + (text != nullptr ? text : "no reason is known"), ""};
}

Error explain_plain_peer(std::string_view first_bytes) {
  if (first_bytes.starts_with('-') || first_bytes.starts_with('+')) {
    return {ErrorCode::kRefused, "Redis answers without TLS",
            "use redis:// in --redis-url, or the port on which it speaks TLS (its tls-port)"};
  }
  return explain_stranger(first_bytes);
}

Error explain_closed_tls(std::string_view how) {
  return {ErrorCode::kRefused, std::string(how) + ", before it answered anything over TLS",
          "does Redis speak TLS on this port, or want a client's certificate (--redis-cert-file)? Its log says why it "
          "closed; a proxy with no Redis behind it does so, too"};
}

Error explain_mute_handshake() {
  return {
      ErrorCode::kUnavailable, "it took the connection and does not answer in TLS",
      "if it is a Redis without TLS, use redis:// in --redis-url, or the port on which it speaks TLS; else it hangs"};
}

}  // namespace firebase_relay::bus
