// URLs of Redis and of the database: taken or refused in one line that holds nothing of them, since a password may.
#include <string>

#include "bus/redis_url.h"
#include "flush/database_url.h"
#include "fuzz/demand.h"

using namespace firebase_relay;
using fuzz::demand;

namespace {

void check_redis(std::string_view text) {
  const auto url = bus::parse_redis_url(text);
  if (!url) return fuzz::demand_one_line(url.error().what);
  // A password that stands elsewhere in the URL, too, is no secret of ours to keep.
  const std::string shown = url->masked();
  bus::RedisUrl without = *url;
  without.password = Secret(std::string_view("x"));
  demand(url->password.empty() || shown == without.masked(), "what is shown depends on the password", shown);
  demand(url->is_unix_socket() || (url->port > 0 && !url->host.empty()), "no authority", text);
  demand(!url->is_tls || (!url->is_unix_socket() && shown.starts_with("rediss://")), "TLS is not shown", shown);
}

void check_database(std::string_view text) {
  const auto url = flush::parse_database_url(text, true);
  if (!url) return fuzz::demand_one_line(url.error().what);
  const std::string plain = url->shown();
  const auto again = flush::parse_database_url(plain, true);
  demand(again && *again == *url, "reads differently once written", plain);
  const std::string node = url->url_of("a%2Eb/\xff c", "print=silent");
  demand(node.find("a%252Eb/%FF%20c.json?print=silent") != std::string::npos, "a node's URL", node);
  demand(node.find_first_of(" \r\n") == std::string::npos, "a URL that is two lines of a request", node);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_redis(text);
  check_database(text);
  const auto emulator = flush::parse_emulator_host(text, "https://demo-default-rtdb.firebaseio.com", "demo");
  if (!emulator) fuzz::demand_one_line(emulator.error().what);
  return 0;
}
