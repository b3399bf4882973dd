#include "bus/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <new>
#include <string_view>
#include <utility>

#include "base/ca_file.h"
#include "base/file_system.h"
#include "base/secret_file.h"

namespace firebase_relay::bus {
namespace {

constexpr const char* kCaFlag = "--redis-ca-file";
constexpr const char* kCertificateFlag = "--redis-cert-file";
constexpr const char* kKeyFlag = "--redis-key-file";

/// In place of OpenSSL's own, which asks at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*is_write*/, void* /*data*/) { return 0; }

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const RedisUrl& url, const TlsOptions& options) {
  if (!url.is_tls) return std::shared_ptr<const TlsContext>();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) throw std::bad_alloc();
  const std::shared_ptr<TlsContext> made(new TlsContext(context, options.name.empty() ? url.host : options.name));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_default_verify_paths(context);
  // Whoever is named in --redis-ca-file is trusted as it is, be it an authority's authority or Redis' own certificate.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  if (auto taken = made->take_authorities(options.ca_file); !taken) return error_of(taken);
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return fail(ErrorCode::kInvalid, std::string(options.key_file.empty() ? kCertificateFlag : kKeyFlag) + " alone",
                std::string("give both: ") + kCertificateFlag + " and " + kKeyFlag + " (they may name the same file)");
  }
  if (auto taken = made->take_certificate(options.certificate_file); !taken) return error_of(taken);
  if (auto taken = made->take_key(options.key_file); !taken) return error_of(taken);
  return std::shared_ptr<const TlsContext>(made);
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<void> TlsContext::take_authorities(const std::string& file) {
  if (file.empty()) return {};
  const auto authorities = CaFile::read(kCaFlag, file);
  if (!authorities) return error_of(authorities);
  if (!(*authorities)->add_to(context_)) throw std::bad_alloc();
  return {};
}

Result<void> TlsContext::take_certificate(const std::string& file) {
  if (file.empty()) return {};
  if (auto expected = expect_no_pipe(kCertificateFlag, file); !expected) return expected;
  const bool is_taken = SSL_CTX_use_certificate_chain_file(context_, file.c_str()) == 1;
  ERR_clear_error();
  if (is_taken) return {};
  return fail(ErrorCode::kInvalid, std::string(kCertificateFlag) + " " + file + ": no certificate can be read from it",
              "give the client's certificate in PEM, in a file that can be read");
}

Result<void> TlsContext::take_key(const std::string& file) {
  if (file.empty()) return {};
  Result<SecretFile> read = read_secret_file(file);
  if (!read) return fail(read.error().code, std::string(kKeyFlag) + " " + read.error().what, read.error().remedy);
  if (read->warning) warning_ = std::string(kKeyFlag) + " " + *read->warning;
  const std::string_view text = read->content.reveal();
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
  const bool belongs = key && SSL_CTX_use_PrivateKey(context_, key.get()) == 1;
  ERR_clear_error();
  if (!key) {
    return fail(ErrorCode::kInvalid, std::string(kKeyFlag) + " " + file + ": no key can be read from it",
                "give a private key in PEM that is not encrypted (openssl pkey -in FILE takes the passphrase off)");
  }
  if (!belongs) {
    return fail(ErrorCode::kInvalid, std::string(kKeyFlag) + " " + file + ": it is not the key of the certificate",
                std::string("give the key by which ") + kCertificateFlag + " was made");
  }
  return {};
}

}  // namespace firebase_relay::bus
