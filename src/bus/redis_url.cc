#include "bus/redis_url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace firebase_relay::bus {
namespace {

struct Scheme {
  std::string_view begin;
  bool is_tls;
};
constexpr Scheme kTcpSchemes[] = {{"redis://", false}, {"rediss://", true}, {"valkey://", false}, {"valkeys://", true}};

constexpr std::uint32_t kDatabaseMax = 65'535;  // Redis has 16 of them unless it is told otherwise

tl::unexpected<Error> invalid(std::string what) {
  return fail(ErrorCode::kInvalid, std::move(what),
              "expected redis://[user[:password]@]host[:port][/database], rediss:// (with TLS) or "
              "unix:///path[?db=database]");
}

/// `scheme` is in lower case; a URL's may be in either (RFC 3986, 3.1).
bool begins_with_scheme(std::string_view text, std::string_view scheme) {
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
  };
  return text.size() >= scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), text.begin(), [&](char a, char b) { return a == lower(b); });
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// RFC 3986; nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::optional<std::uint32_t> whole_number(std::string_view text, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

/// Takes `user[:password]@` off the front of `rest`. Everything up to the last `@` belongs to it, so that a password
/// with
/// `/`, `#` or `@` in it works without being encoded.
Result<void> take_credentials(std::string_view& rest, RedisUrl& url) {
  const auto at = rest.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view credentials = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const auto colon = credentials.find(':');
  const auto user = percent_decoded(credentials.substr(0, colon));
  auto password = percent_decoded(colon == std::string_view::npos ? std::string_view{} : credentials.substr(colon + 1));
  if (!user || !password) return invalid("a % in the user or password is not followed by two hexadecimal digits");
  url.user = *user;
  url.password = Secret(*std::move(password));
  url.password_in_url = !url.password.empty();
  return {};
}

/// Takes `host[:port]` off the front of `rest`.
Result<void> take_authority(std::string_view& rest, RedisUrl& url) {
  std::string_view authority = rest.substr(0, rest.find('/'));
  rest.remove_prefix(authority.size());
  std::string_view host = authority.substr(0, authority.find(':'));
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) return invalid("the bracket of the IPv6 address is not closed");
    host = authority.substr(1, bracket - 1);
    authority.remove_prefix(bracket + 1);
  } else {
    authority.remove_prefix(host.size());
  }
  if (host.empty()) return invalid("the host is missing");
  if (host.find_first_of(" ?#%") != std::string_view::npos) return invalid("the host holds a character no host has");
  url.host = host;
  if (authority.empty()) return {};
  const auto port = authority.starts_with(':') ? whole_number(authority.substr(1), 65'535) : std::nullopt;
  if (port.value_or(0) == 0) return invalid("the port is not a number from 1 to 65535");
  url.port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<void> take_database(std::string_view text, RedisUrl& url) {
  const auto database = whole_number(text, kDatabaseMax);
  if (!database) return invalid("the database is not a number from 0 to 65535");
  url.database = *database;
  return {};
}

Result<RedisUrl> parse_unix(std::string_view rest) {
  RedisUrl url;
  if (!rest.starts_with('/')) {
    if (auto taken = take_credentials(rest, url); !taken) return error_of(taken);
  }
  const auto question = rest.find('?');
  const auto path = percent_decoded(rest.substr(0, question));
  if (!path || !path->starts_with('/') || path->size() < 2)
    return invalid("the socket's path is missing or not absolute");
  if (path->size() > 107) return invalid("the socket's path is longer than 107 bytes, the system's limit");
  url.socket_path = *path;
  if (question == std::string_view::npos) return url;
  const std::string_view query = rest.substr(question + 1);
  if (!query.starts_with("db=")) return invalid("behind ? only db=NUMBER is known");
  if (auto taken = take_database(query.substr(3), url); !taken) return error_of(taken);
  return url;
}

Result<RedisUrl> parse_tcp(std::string_view rest, bool is_tls) {
  RedisUrl url;
  url.is_tls = is_tls;
  if (auto taken = take_credentials(rest, url); !taken) return error_of(taken);
  // Some clients take settings of theirs from there (ssl_cert_reqs=none); to pass over one would be no help.
  if (rest.find('?') != std::string_view::npos)
    return invalid("no settings are taken from behind ?: --redis-ca-file says whom to trust, /NUMBER which database");
  if (auto taken = take_authority(rest, url); !taken) return error_of(taken);
  if (rest.empty() || rest == "/") return url;
  if (auto taken = take_database(rest.substr(1), url); !taken) return error_of(taken);
  return url;
}

}  // namespace

std::string RedisUrl::masked() const {
  const std::string credentials = user.empty() && password.empty() ? "" : user + (password.empty() ? "" : ":***") + "@";
  const std::string number = std::to_string(database);
  if (is_unix_socket()) return "unix://" + credentials + socket_path + (database == 0 ? "" : "?db=" + number);
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_tls ? "rediss://" : "redis://") + credentials + (is_ipv6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port) + (database == 0 ? "" : "/" + number);
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  constexpr std::string_view kUnix = "unix://";
  if (text.find('\0') != std::string_view::npos) return invalid("it holds a NUL byte");
  if (begins_with_scheme(text, kUnix)) return parse_unix(text.substr(kUnix.size()));
  for (const auto& [scheme, is_tls] : kTcpSchemes) {
    if (begins_with_scheme(text, scheme)) return parse_tcp(text.substr(scheme.size()), is_tls);
  }
  return invalid("it does not start with redis://, rediss:// or unix://");
}

}  // namespace firebase_relay::bus
