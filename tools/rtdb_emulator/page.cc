#include "rtdb_emulator/page.h"

#include <string>

namespace rtdb_emulator {

std::optional<Response> page_at(std::string_view url_path) {
  for (const PageFile& file : page_files()) {
    if (file.url_path != url_path) continue;
    Response response{200, std::string(file.content), {}, std::string(file.type) + "; charset=utf-8"};
    // What publishers write is shown here, so even a mistake of the page must not run or load any of it.
    response.headers = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
         "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"}};
    return response;
  }
  return std::nullopt;
}

}  // namespace rtdb_emulator
