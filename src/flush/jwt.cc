#include "flush/jwt.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

namespace firebase_relay::flush {
namespace {

constexpr const char* kScopes =
    "https://www.googleapis.com/auth/firebase.database https://www.googleapis.com/auth/userinfo.email";

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

/// Instead of OpenSSL's own, which would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* /*self*/) { return 0; }

Key key_of(const Secret& pem) {
  const std::string_view text = pem.reveal();
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr, EVP_PKEY_free);
  ERR_clear_error();
  return key;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve(bytes.size() * 4 / 3 + 3);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : bytes) {
    group = group << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kDigits[group >> (bits - 6) & 63];
  }
  if (bits > 0) text += kDigits[group << (6 - bits) & 63];
  return text;
}

bool is_rsa_key(const Secret& pem) {
  const Key key = key_of(pem);
  return key && EVP_PKEY_base_id(key.get()) == EVP_PKEY_RSA;
}

Result<Secret> sign_assertion(const ServiceAccount& account, std::chrono::sys_seconds issued_at) {
  nlohmann::json header = {{"alg", "RS256"}, {"typ", "JWT"}};
  if (!account.private_key_id.empty()) header["kid"] = account.private_key_id;
  const auto iat = issued_at.time_since_epoch().count();
  const nlohmann::json claims = {{"iss", account.client_email},
                                 {"scope", kScopes},
                                 {"aud", account.token_uri},
                                 {"iat", iat},
                                 {"exp", iat + kAssertionLife.count()}};
  std::string assertion = base64url(header.dump()) + '.' + base64url(claims.dump());

  const Key key = key_of(account.private_key);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto* data = reinterpret_cast<const unsigned char*>(assertion.data());
  std::size_t size = 0;
  std::string signature;
  bool ok = key && context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
            EVP_DigestSign(context.get(), nullptr, &size, data, assertion.size()) == 1;
  if (ok) {
    signature.resize(size);
    ok = EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                        assertion.size()) == 1;
  }
  ERR_clear_error();
  if (!ok) {
    return fail(ErrorCode::kInvalid, "the service account's key cannot sign",
                "make a new key in the Firebase console: Project settings, Service accounts");
  }
  signature.resize(size);
  Secret signed_assertion(assertion + '.' + base64url(signature));
  return signed_assertion;
}

}  // namespace firebase_relay::flush
