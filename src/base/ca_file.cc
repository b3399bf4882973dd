#include "base/ca_file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>

#include "base/file_system.h"

namespace firebase_relay {

Result<std::shared_ptr<const CaFile>> CaFile::read(const std::string& flag, const std::string& file) {
  if (auto expected = expect_no_pipe(flag, file); !expected) return error_of(expected);
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_file(file.c_str(), "r"), BIO_free);
  const std::shared_ptr<CaFile> read(new CaFile);
  while (X509* certificate = bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr) {
    read->certificates_.push_back(certificate);
  }
  ERR_clear_error();
  if (!bio) return fail(ErrorCode::kInvalid, flag + " " + file + ": cannot be read", "name a file that can be read");
  if (read->certificates_.empty())
    return fail(ErrorCode::kInvalid, flag + " " + file + ": no certificate in it", "give certificates in PEM");
  return std::shared_ptr<const CaFile>(read);
}

CaFile::~CaFile() {
  for (X509* certificate : certificates_) X509_free(certificate);
}

bool CaFile::add_to(ssl_ctx_st* context) const {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  return std::all_of(certificates_.begin(), certificates_.end(),
                     [&](X509* certificate) { return X509_STORE_add_cert(store, certificate) == 1; });
}

}  // namespace firebase_relay
