#include "support/authority.h"

#include <stdexcept>
#include <vector>

#include <fstream>

#include "support/process.h"

namespace test_support {
namespace {

void run_openssl(std::vector<std::string> words) {
  words.insert(words.begin(), "openssl");
  Process openssl(words);
  if (openssl.wait() != 0) throw std::runtime_error("openssl: " + openssl.err());
}

const std::vector<std::string> kNewKey = {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"};

}  // namespace

Authority::Authority() {
  std::vector<std::string> words = {"req",   "-x509",       "-out",  file(), "-keyout", dir_.file("ca.key"),
                                    "-subj", "/CN=Test CA", "-days", "30"};
  words.insert(words.end(), kNewKey.begin(), kNewKey.end());
  run_openssl(words);
}

CertifiedKey Authority::sign(const std::string& names, int days) {
  const std::string name = std::to_string(++signed_);
  const CertifiedKey made{dir_.file(name + ".crt"), dir_.file(name + ".key")};
  const std::string request = dir_.file(name + ".csr");
  const std::string extensions = dir_.file(name + ".ext");
  std::ofstream(extensions) << "subjectAltName=" << names << "\n";
  std::vector<std::string> words = {"req", "-out", request, "-keyout", made.key, "-subj", "/CN=test"};
  words.insert(words.end(), kNewKey.begin(), kNewKey.end());
  run_openssl(words);
  run_openssl({"x509", "-req", "-in", request, "-CA", file(), "-CAkey", dir_.file("ca.key"), "-CAcreateserial", "-days",
               std::to_string(days), "-extfile", extensions, "-out", made.certificate});
  return made;
}

Authority& Authority::of_the_tests() {
  static Authority authority;
  return authority;
}

}  // namespace test_support
