#include "rtdb_emulator/page.h"

#include <string>

namespace rtdb_emulator {
namespace {

/// What Firebase Hosting says of its project's web app. By this the page knows that nobody signs in here.
constexpr PageFile kConfiguration{"/__/firebase/init.json", "application/json", R"({"isEmulator":true})"};

Response response_of(const PageFile& file) {
  const bool is_text = file.type.starts_with("text/");
  Response response{200, std::string(file.content), {}, std::string(file.type) + (is_text ? "; charset=utf-8" : "")};
  // What publishers write is shown here, so even a mistake of the page must not run or load any of it. As
  // firebase/firebase.json has it, without Google's hosts: so that scripts can be tied to trusted types, too.
  response.headers = {{"Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; manifest-src 'self'; "
                       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                       "require-trusted-types-for 'script'"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}};
  return response;
}

}  // namespace

std::optional<Response> page_at(std::string_view url_path) {
  if (url_path == kConfiguration.url_path) return response_of(kConfiguration);
  for (const PageFile& file : page_files())
    if (file.url_path == url_path) return response_of(file);
  return std::nullopt;
}

}  // namespace rtdb_emulator
