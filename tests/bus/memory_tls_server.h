#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/authority.h"

namespace firebase_relay::bus {

/// The other side of a TlsSession, in memory.
class MemoryTlsServer {
 public:
  explicit MemoryTlsServer(const test_support::CertifiedKey& identity, int version_max = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX* const context = context_.get();
    if (version_max < TLS1_2_VERSION) SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, 0);
    SSL_CTX_set_max_proto_version(context, version_max);
    if (SSL_CTX_use_certificate_chain_file(context, identity.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, identity.key.c_str(), SSL_FILETYPE_PEM) != 1)
      throw std::runtime_error("the certificate cannot be used");
    session_.reset(SSL_new(context));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(session_.get(), in_, out_);
    SSL_set_accept_state(session_.get());
  }

  /// Takes what the client sent, and shakes hands or reads. Returns what the client said.
  std::string take(std::string_view sealed) {
    if (!sealed.empty()) BIO_write(in_, sealed.data(), static_cast<int>(sealed.size()));
    std::string said;
    char buffer[4096];
    if (SSL_do_handshake(session_.get()) != 1) return said;
    for (int size = 0; (size = SSL_read(session_.get(), buffer, sizeof buffer)) > 0;)
      said.append(buffer, static_cast<std::size_t>(size));
    return said;
  }
  void say(std::string_view words) { SSL_write(session_.get(), words.data(), static_cast<int>(words.size())); }
  void take_leave() { SSL_shutdown(session_.get()); }
  /// What is to be sent to the client by now.
  std::string unsent() {
    std::string bytes(BIO_ctrl_pending(out_), '\0');
    if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  /// The name that the client asked for (SNI); empty: none.
  [[nodiscard]] std::string asked_name() const {
    const char* const name = SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> session_{nullptr, SSL_free};
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

}  // namespace firebase_relay::bus
