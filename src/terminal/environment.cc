#include "terminal/environment.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <regex>
#include <string_view>
#include <utility>

#include "base/stray_character.h"
#include "observe/printable.h"
#include "terminal/flag_table.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::string_view kPrefix = "FIREBASE_RELAY_";

tl::unexpected<Error> wrong_variable(const char* name, const std::string& complaint) {
  return fail(ErrorCode::kInvalid, "environment variable " + std::string(name) + ": " + complaint);
}

bool is_port(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65'535;
}

struct Link {
  std::string host;  ///< as it stands in a URL
  std::string port;
};

std::optional<Link> link_of(std::string_view text) {
  constexpr std::string_view kTcp = "tcp://";
  if (!text.starts_with(kTcp)) return std::nullopt;
  text.remove_prefix(kTcp.size());
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port(text.substr(colon + 1))) return std::nullopt;
  if (text.find_first_of("/@?# ") != std::string_view::npos) return std::nullopt;
  return Link{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

/// Of a service that is called as we are: Kubernetes' FIREBASE_RELAY_SERVICE_HOST, FIREBASE_RELAY_PORT_9464_TCP_ADDR,
/// Docker's FIREBASE_RELAY_NAME and FIREBASE_RELAY_ENV_….
bool is_of_a_service(const std::string& name, const std::string& value) {
  static const std::regex kMade(
      "FIREBASE_RELAY_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
      "|FIREBASE_RELAY_ENV_.*");
  const bool is_address = value.find("://") != std::string::npos && name.ends_with("_PORT");
  const bool is_name = name == "FIREBASE_RELAY_NAME" && value.starts_with('/');
  return is_address || is_name || std::regex_match(name, kMade);
}

}  // namespace

Environment process_environment() {
  Environment environment;
  environment.value = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    environment.names.emplace_back(text.substr(0, text.find('=')));
  }
  return environment;
}

Result<RedisParts> redis_from_parts(const Environment& environment) {
  const auto host = environment("REDIS_HOST").value_or("");
  const auto port = environment("REDIS_PORT").value_or("");
  if (host.empty() && port.empty()) return RedisParts{};
  for (const auto& [name, text] : {std::pair("REDIS_HOST", host), std::pair("REDIS_PORT", port)}) {
    if (const auto stray = stray_character(text)) return wrong_variable(name, std::string(stray->what));
  }
  if (host.find_first_of("/@?#[] ") != std::string::npos)
    return wrong_variable("REDIS_HOST", "expected a host's name or address alone; a URL belongs into REDIS_URL");
  const std::optional<Link> link = link_of(port);
  if (!port.empty() && !link && !is_port(port)) {
    return wrong_variable("REDIS_PORT", "got '" + observe::printable(masked(port), 100) +
                                            "': expected a port's number, or tcp://HOST:PORT as container links have");
  }
  RedisParts parts;
  parts.is_link = link && host.empty();
  const std::string number = link ? link->port : port;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  const std::string place = parts.is_link ? link->host : host.empty() ? "127.0.0.1" : is_ipv6 ? "[" + host + "]" : host;
  if (link && !host.empty() && place != link->host && number != "6379") {
    parts.warning = "REDIS_PORT is the address of a container's link, " + port +
                    ": of it the port is taken, and the "
                    "host of REDIS_HOST";
  }
  const std::string origin = port.empty()    ? "environment variable REDIS_HOST"
                             : parts.is_link ? "environment variable REDIS_PORT"
                                             : "environment variables REDIS_HOST and REDIS_PORT";
  parts.url = Given{"redis://" + place + (number.empty() ? "" : ":" + number), origin, Level::kEnvironment};
  return parts;
}

std::vector<std::string> warnings_of_unknown(const Environment& environment) {
  std::vector<std::string> known;
  for (const Flag& flag : flag_table()) {
    for (std::string& variable : environment_of(flag)) known.push_back(std::move(variable));
  }
  std::vector<std::string> warnings;
  for (const std::string& name : environment.names) {
    if (!name.starts_with(kPrefix) || std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string value = environment(name).value_or("");
    if (value.empty() || is_of_a_service(name, value)) continue;
    // FIREBASE_RELAY_REDIS_URL: what the rule would give for a flag whose variable is an older one's.
    std::string meant;
    for (const Flag& flag : flag_table()) {
      if (own_variable_of(flag) == name) meant = environment_of(flag).front();
    }
    if (meant.empty()) meant = nearest(name, known);
    warnings.push_back("environment variable " + observe::printable(name, 100) + " is no setting; did you mean " +
                       meant + "?");
  }
  return warnings;
}

}  // namespace firebase_relay::terminal
