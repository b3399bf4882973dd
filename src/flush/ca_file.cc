#include "flush/ca_file.h"

#include <curl/curl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace firebase_relay::flush {

Result<std::shared_ptr<const CaFile>> CaFile::read(const std::string& file) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_file(file.c_str(), "r"), BIO_free);
  const std::shared_ptr<CaFile> read(new CaFile);
  while (X509* certificate = bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr) {
    read->certificates_.push_back(certificate);
  }
  ERR_clear_error();
  if (!bio) return fail(ErrorCode::kInvalid, "--ca-file " + file + ": cannot be read", "name a file that can be read");
  if (read->certificates_.empty())
    return fail(ErrorCode::kInvalid, "--ca-file " + file + ": no certificate in it", "give certificates in PEM");
  return std::shared_ptr<const CaFile>(read);
}

CaFile::~CaFile() {
  for (X509* certificate : certificates_) X509_free(certificate);
}

void CaFile::apply_to(void* easy) const {
  // libcurl has filled the store with the system's by then. A certificate that is there already is no error.
  const auto add = +[](CURL* /*easy*/, void* context, void* certificates) {
    X509_STORE* store = SSL_CTX_get_cert_store(static_cast<SSL_CTX*>(context));
    for (X509* certificate : *static_cast<const std::vector<X509*>*>(certificates)) {
      if (X509_STORE_add_cert(store, certificate) != 1) return CURLE_SSL_CACERT_BADFILE;
    }
    return CURLE_OK;
  };
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, add);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, const_cast<std::vector<X509*>*>(&certificates_));
}

}  // namespace firebase_relay::flush
