#include "bus/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <new>

namespace firebase_relay::bus {
namespace {

/// Keeps what will be told of a certificate that is refused. Decides nothing: `is_good` is OpenSSL's verdict.
int look_at_verdict(int is_good, X509_STORE_CTX* verdict) {
  if (is_good == 1) return is_good;
  auto* session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verdict, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* refused = static_cast<RefusedCertificate*>(SSL_get_app_data(session));
  *refused = describe_refused(X509_STORE_CTX_get_error(verdict), X509_STORE_CTX_get_current_cert(verdict),
                              X509_STORE_CTX_get_error_depth(verdict) > 0);
  return is_good;
}

/// An address is compared with the certificate's addresses, and is not named in the handshake (RFC 6066).
void expect_name(SSL* session, const std::string& name) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(session);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) == 1) return;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set1_host(session, name.c_str()) != 1 || SSL_set_tlsext_host_name(session, name.c_str()) != 1)
    throw std::bad_alloc();
}

}  // namespace

TlsSession::TlsSession(const TlsContext& context)
    : name_(context.name()),
      session_(SSL_new(context.get())),
      incoming_(BIO_new(BIO_s_mem())),
      outgoing_(BIO_new(BIO_s_mem())) {
  if (session_ == nullptr || incoming_ == nullptr || outgoing_ == nullptr) throw std::bad_alloc();
  SSL_set_bio(session_, incoming_, outgoing_);
  SSL_set_app_data(session_, &refused_);
  SSL_set_verify(session_, SSL_VERIFY_PEER, look_at_verdict);
  expect_name(session_, name_);
  SSL_set_connect_state(session_);
  shake_hands();
}

TlsSession::~TlsSession() { SSL_free(session_); }

std::string_view TlsSession::open(std::string_view sealed) {
  plain_size_ = 0;
  if (failure_ || has_ended_ || sealed.empty()) return {};
  if (!std::exchange(was_heard_, true) && !begins_like_tls(sealed)) {
    failure_ = explain_plain_peer(sealed);
    return {};
  }
  if (BIO_write(incoming_, sealed.data(), static_cast<int>(sealed.size())) != static_cast<int>(sealed.size()))
    throw std::bad_alloc();
  if (!is_established_) shake_hands();
  if (is_established_) read_records();
  return {plain_.data(), plain_size_};
}

void TlsSession::say(std::string_view words) {
  std::size_t written = 0;
  ERR_clear_error();
  if (!words.empty() && SSL_write_ex(session_, words.data(), words.size(), &written) != 1) note_failure(0);
}

void TlsSession::take_unsent(std::string& out) {
  const std::size_t size = BIO_ctrl_pending(outgoing_);
  if (size == 0) return;
  const std::size_t before = out.size();
  out.resize(before + size);
  BIO_read(outgoing_, out.data() + before, static_cast<int>(size));
}

TlsPeer TlsSession::peer() const {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(session_), X509_free);
  return {SSL_get_version(session_), issuer_of(*certificate), expiry_of(*certificate)};
}

void TlsSession::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_);
  is_established_ = result == 1;
  if (!is_established_) note_failure(result);
}

/// Until OpenSSL wants more than it has.
void TlsSession::read_records() {
  constexpr std::size_t kRecordBytesMax = SSL3_RT_MAX_PLAIN_LENGTH;
  ERR_clear_error();
  for (;;) {
    if (plain_.size() - plain_size_ < kRecordBytesMax) plain_.resize(plain_size_ + kRecordBytesMax);
    std::size_t size = 0;
    const int result = SSL_read_ex(session_, plain_.data() + plain_size_, plain_.size() - plain_size_, &size);
    if (result != 1) return note_failure(result);
    plain_size_ += size;
  }
}

/// Of a call to OpenSSL that returned `result`: none when it only waits for bytes, or has come to the end.
void TlsSession::note_failure(int result) {
  const int kind = SSL_get_error(session_, result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return;
  if (kind == SSL_ERROR_ZERO_RETURN) {
    has_ended_ = true;
    return;
  }
  failure_ = refused_.verdict != 0 ? explain_certificate(refused_, name_) : explain_tls(ERR_peek_error());
  ERR_clear_error();
}

}  // namespace firebase_relay::bus
