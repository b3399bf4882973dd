#include <curl/curl.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "broker_sim/comparison.h"
#include "broker_sim/expectation.h"
#include "broker_sim/ledger.h"
#include "terminal_line/complain.h"

namespace {

using namespace broker_sim;

std::size_t append_to(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

nlohmann::json get(const std::string& database_url, const std::string& node, const std::string& ns) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  std::string body;
  const std::string url = database_url + "/" + node + ".json?ns=" + ns;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append_to);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 300L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");  // the database is a local one, whatever http_proxy says
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) throw std::runtime_error(url + ": " + curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) throw std::runtime_error(url + ": status " + std::to_string(status) + " " + body);
  return nlohmann::json::parse(body);
}

int check(const std::string& ledger, const std::string& database_url, const std::string& ns, std::size_t closed_max,
          Live live) {
  Expectation expected(closed_max);
  read_ledger(ledger, [&](const Publication& publication, std::int64_t at_ms) { expected.add(publication, at_ms); });
  const Difference difference = compare(expected, get(database_url, "services", ns), get(database_url, "channels", ns),
                                        get(database_url, "history", ns), live);
  for (const std::string& line : difference.examples) std::printf("%s\n", line.c_str());
  std::printf("ledger: %llu messages, %llu missing, %llu unexpected, %llu wrong\n",
              static_cast<unsigned long long>(expected.messages()), static_cast<unsigned long long>(difference.missing),
              static_cast<unsigned long long>(difference.unexpected),
              static_cast<unsigned long long>(difference.wrong));
  return difference.none() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string ledger;
  std::string database_url;
  std::string ns = "demo";
  std::size_t closed_max = 50;
  bool without_orders = false;
  CLI::App app("Compares what broker-sim published with what stands in the database. Exit 0: the same.",
               "ledger-check");
  app.option_defaults()->always_capture_default();
  terminal_line::complain_in_print(app);
  app.add_option("--ledger", ledger, "written by broker-sim --ledger")->required();
  app.add_option("--database-url", database_url, "http://127.0.0.1:9000")->required();
  app.add_option("--ns", ns, "the database's name");
  app.add_option("--live-orders-max", closed_max, "as given to the relay");
  app.add_flag("--without-live-orders", without_orders,
               "leave out the live orders: of two relays one that was killed may have left its own there");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return check(ledger, database_url, ns, closed_max, without_orders ? Live::kWithoutOrders : Live::kAll);
  } catch (const std::exception& error) {
    terminal_line::complain("ledger-check", error.what());
    return 2;
  }
}
