#pragma once

#include <string>

#include "support/temp_dir.h"

namespace test_support {

/// A certificate and its key, as files in PEM.
struct CertifiedKey {
  std::string certificate;
  std::string key;
};

/// A certificate authority of the tests' own, made by the openssl program; its files go with the object.
class Authority {
 public:
  Authority();

  /// Its own certificate.
  [[nodiscard]] std::string file() const { return dir_.file("ca.crt"); }
  /// Signs a new key. `names` as subjectAltName has them (`DNS:localhost,IP:127.0.0.1`); of 0 `days` it has
  /// expired already. Throws when openssl cannot.
  CertifiedKey sign(const std::string& names, int days = 30);

  /// The one that RedisServer's certificates are by.
  static Authority& of_the_tests();

 private:
  TempDir dir_;
  int signed_ = 0;
};

}  // namespace test_support
