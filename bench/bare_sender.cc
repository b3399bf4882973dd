// The floor of sending: PATCHes a prepared body with libcurl, again and again, and says what that cost.
// Usage: bare-sender URL BODY_BYTES BODIES
#include <curl/curl.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "samples.h"

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: bare-sender URL BODY_BYTES BODIES\n", stderr), 2;
  const std::size_t bytes = std::strtoull(argv[2], nullptr, 10);
  const int bodies = std::atoi(argv[3]);
  std::string body = "{";
  for (std::uint64_t n = 0; body.size() < bytes; ++n)
    body += "\"history/AAPL/prices/" + std::to_string(n) + "\":" + relay_bench::sample({}, n).payload + ',';
  body.back() = '}';

  curl_global_init(CURL_GLOBAL_ALL);
  CURL* easy = curl_easy_init();
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");
  curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PATCH");
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < bodies; ++i) {
    const CURLcode code = curl_easy_perform(easy);
    if (code != CURLE_OK) return std::fprintf(stderr, "bare-sender: %s\n", curl_easy_strerror(code)), 1;
  }
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  std::printf("%zu bytes, %.3f s, %.3f s of CPU\n", body.size() * static_cast<std::size_t>(bodies), elapsed, cpu);
  return 0;
}
