#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/ca_file.h"
#include "flush/curl_handle.h"
#include "flush/http_client.h"
#include "flush/patch_sender.h"
#include "flush/tls_server.h"
#include "support/temp_dir.h"

namespace firebase_relay::flush {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class CaFileTest : public testing::Test {
 protected:
  std::shared_ptr<const CaFile> trusted(const std::string& pem) {
    std::ofstream(dir_.file("ca.pem")) << pem;
    auto read = CaFile::read("--ca-file", dir_.file("ca.pem"));
    EXPECT_TRUE(read) << read.error().what;
    return *read;
  }
  Answer patch(const std::shared_ptr<const CaFile>& ca) {
    SenderOptions options;
    options.database = parse_database_url(server_.url(), false).value();
    options.ca = ca;
    PatchSender sender(options);
    sender.send({1, "", {"{", "}"}, 2, 0});
    std::vector<PatchSender::Finished> finished;
    const auto deadline = std::chrono::steady_clock::now() + seconds(20);
    while (finished.empty() && std::chrono::steady_clock::now() < deadline) sender.wait(deadline, finished);
    return finished.empty() ? Answer{} : finished[0].answer;
  }
  Result<HttpResponse> get(const std::shared_ptr<const CaFile>& ca) {
    HttpRequest request;
    request.url = server_.url();
    request.ca = ca;
    return http_request(request);
  }

  test_support::TempDir dir_;
  TlsServer server_;
};

TEST_F(CaFileTest, ServerWithACertificateOfNobodysIsRefusedAsTls) {
  const Answer answer = patch(nullptr);
  EXPECT_EQ(answer.transport, Answer::Transport::kTls);
  EXPECT_THAT(answer.detail, HasSubstr("self-signed certificate")) << "what is wrong with it";
  EXPECT_FALSE(get(nullptr));
}

TEST_F(CaFileTest, AuthorityOfOnesOwnIsTrustedBesides) {
  const auto ca = trusted(server_.certificate_pem());
  const Answer answer = patch(ca);
  EXPECT_EQ(answer.transport, Answer::Transport::kAnswered) << answer.detail;
  EXPECT_EQ(answer.status, 204);
  const auto response = get(ca);
  ASSERT_TRUE(response) << response.error().what;
  EXPECT_EQ(response->status, 204);
}

TEST_F(CaFileTest, AuthorityOfAnotherHelpsNothing) {
  const TlsServer another;
  EXPECT_EQ(patch(trusted(another.certificate_pem())).transport, Answer::Transport::kTls);
}

TEST_F(CaFileTest, FileWithSeveralAuthoritiesAddsThemAll) {
  const TlsServer another;
  EXPECT_EQ(patch(trusted(another.certificate_pem() + server_.certificate_pem())).status, 204);
}

/// A file in the place of the system's, since no server of this test has a certificate by one of those.
TEST_F(CaFileTest, AuthoritiesThatAreTrustedAlreadyStaySo) {
  const TlsServer known;
  std::ofstream(dir_.file("system.pem")) << known.certificate_pem();
  const auto ca = trusted(server_.certificate_pem());
  for (const std::string& url : {known.url(), server_.url()}) {
    CurlHandle easy(ca, seconds(20));
    easy.set_url(Secret(std::string_view(url)));
    easy.set(CURLOPT_CAINFO, dir_.file("system.pem").c_str());
    EXPECT_EQ(curl_easy_perform(easy.get()), CURLE_OK) << url;
  }
}

TEST_F(CaFileTest, ThatIsNoneIsRefusedWithItsName) {
  for (const std::string& content :
       {std::string(), std::string("no certificate"), server_.certificate_pem().substr(30)}) {
    std::ofstream(dir_.file("ca.pem")) << content;
    const auto read = CaFile::read("--ca-file", dir_.file("ca.pem"));
    ASSERT_FALSE(read) << content;
    EXPECT_THAT(read.error().what, HasSubstr("--ca-file " + dir_.file("ca.pem") + ": no certificate"));
  }
  const auto nowhere = CaFile::read("--ca-file", "/nowhere/ca.pem");
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().what, HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace firebase_relay::flush
