#pragma once

#include <memory>
#include <string>
#include <vector>

#include "firebase_relay/result.h"

struct x509_st;

namespace firebase_relay::flush {

/// Certificate authorities that are trusted besides the system's. Nothing here turns a check off.
///
/// Threads: any, once read.
class CaFile {
 public:
  /// Reads all certificates of a PEM file. Errors: kInvalid, with the file's name.
  static Result<std::shared_ptr<const CaFile>> read(const std::string& file);
  ~CaFile();
  CaFile(const CaFile&) = delete;
  CaFile& operator=(const CaFile&) = delete;

  /// Makes every TLS connection of `easy` (libcurl's CURL) trust them, too. Must outlive the handle.
  void apply_to(void* easy) const;

 private:
  CaFile() = default;

  std::vector<x509_st*> certificates_;
};

}  // namespace firebase_relay::flush
