#pragma once

#include <memory>
#include <string>
#include <vector>

#include "firebase_relay/result.h"

struct ssl_ctx_st;
struct x509_st;

namespace firebase_relay {

/// Certificate authorities that are trusted besides the system's. Nothing here turns a check off.
///
/// Threads: any, once read.
class CaFile {
 public:
  /// Reads all certificates of a PEM file. Errors: kInvalid, with `flag`, by which it was given, and the file's name.
  static Result<std::shared_ptr<const CaFile>> read(const std::string& flag, const std::string& file);
  ~CaFile();
  CaFile(const CaFile&) = delete;
  CaFile& operator=(const CaFile&) = delete;

  /// Makes every TLS connection of `context` (OpenSSL's SSL_CTX) trust them, too. One that is trusted already is no
  /// error. False: OpenSSL has no memory.
  [[nodiscard]] bool add_to(ssl_ctx_st* context) const;

 private:
  CaFile() = default;

  std::vector<x509_st*> certificates_;
};

}  // namespace firebase_relay
