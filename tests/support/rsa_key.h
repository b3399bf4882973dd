#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace test_support {

/// What base64url (or base64, RFC 4648) stands for; stops at what is neither.
inline std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string bytes;
  unsigned group = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    group = group << 6 | static_cast<unsigned>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFF);
  }
  return bytes;
}

/// A fresh RSA key, with the other side of what the relay does with one.
class RsaKey {
 public:
  explicit RsaKey(unsigned bits = 2048) : key_(EVP_RSA_gen(bits), EVP_PKEY_free) {
    if (!key_) throw std::runtime_error("EVP_RSA_gen");
  }
  [[nodiscard]] EVP_PKEY* get() const { return key_.get(); }
  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }
  /// Header and claims of a JWT that this key signed by RS256. Throws when it did not.
  struct Jwt {
    nlohmann::json header;
    nlohmann::json claims;
  };
  [[nodiscard]] Jwt verified(const std::string& jwt) const {
    const auto first = jwt.find('.');
    const auto second = jwt.rfind('.');
    if (first == std::string::npos || first == second) throw std::runtime_error("no JWT");
    const std::string signature = from_base64(std::string_view(jwt).substr(second + 1));
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    if (EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                         reinterpret_cast<const unsigned char*>(jwt.data()), second) != 1) {
      throw std::runtime_error("the signature is wrong");
    }
    return {nlohmann::json::parse(from_base64(jwt.substr(0, first))),
            nlohmann::json::parse(from_base64(jwt.substr(first + 1, second - first - 1)))};
  }

 private:
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
};

/// A service account's key file with this key, as the console makes it.
inline nlohmann::json account_json(const RsaKey& key, const std::string& token_uri) {
  return {{"type", "service_account"},
          {"project_id", "demo-project"},
          {"private_key_id", "0123456789abcdef"},
          {"private_key", key.pem()},
          {"client_email", "relay@demo-project.iam.gserviceaccount.com"},
          {"client_id", "1"},
          {"token_uri", token_uri}};
}

}  // namespace test_support
