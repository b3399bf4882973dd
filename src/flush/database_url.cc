#include "flush/database_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

namespace firebase_relay::flush {
namespace {

constexpr std::string_view kDefaultNameSpace = "demo";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

tl::unexpected<Error> invalid(
    std::string what,
    std::string remedy = "expected https://host[:port][/path][?ns=name], as the Firebase console shows it") {
  return fail(ErrorCode::kInvalid, std::move(what), std::move(remedy));
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// RFC 3986's unreserved characters.
bool is_unreserved(char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

bool is_name(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_unreserved); }

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// Takes `host[:port]` off the front of `rest`.
Result<void> take_place(std::string_view& rest, DatabaseUrl& url) {
  std::string_view place = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(place.size());
  if (place.find('@') != std::string_view::npos) return invalid("a database URL takes no user or password");
  if (place.starts_with('[')) {
    const auto bracket = place.find(']');
    url.host = bracket == std::string_view::npos ? "" : lower_case(place.substr(1, bracket - 1));
    if (!is_ipv6(url.host)) return invalid("no IPv6 address stands between the brackets");
    place.remove_prefix(bracket + 1);
  } else {
    const std::string_view host = place.substr(0, place.find(':'));
    if (!is_name(host)) return invalid(host.empty() ? "the host is missing" : "the host holds a character no host has");
    url.host = lower_case(host);
    place.remove_prefix(host.size());
  }
  if (place.empty()) return {};
  const std::string_view digits = place.substr(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
  if (!place.starts_with(':') || error != std::errc() || end != digits.data() + digits.size() || url.port == 0) {
    return invalid("the port is not a number from 1 to 65535");
  }
  return {};
}

/// `encoded` with its %XX as the bytes they stand for; nothing when one of them is none.
std::optional<std::string> percent_decoded(std::string_view encoded) {
  std::string text;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      text += encoded[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = encoded.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    text += static_cast<char>(byte);
    i += 2;
  }
  return text;
}

/// Can there be a node of this name, as it stands in a URL? Then it holds none of the bytes that keys may not have.
bool is_key(std::string_view encoded) {
  const std::optional<std::string> key = percent_decoded(encoded);
  return key && std::none_of(key->begin(), key->end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 ||
                  std::string_view(".$#[]/\x7F").find(c) != std::string_view::npos;
         });
}

/// Takes the path off the front of `rest`. It stays as it is written in the URL; `.json` at its end is the API's, not a
/// node.
Result<void> take_base_path(std::string_view& rest, DatabaseUrl& url) {
  std::string_view path = rest.substr(0, rest.find_first_of("?#"));
  rest.remove_prefix(path.size());
  constexpr std::string_view kSuffix = ".json";
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/') || path.ends_with(kSuffix)) path.remove_suffix(path.ends_with('/') ? 1 : kSuffix.size());
  const auto is_path_character = [](char c) { return is_unreserved(c) || c == '/' || c == '%'; };
  if (!std::all_of(path.begin(), path.end(), is_path_character) || path.find("//") != std::string_view::npos) {
    return invalid("the path holds an empty node or a character that has to be percent-encoded");
  }
  for (std::string_view left = path; !left.empty();) {
    const std::string_view key = left.substr(0, left.find('/'));
    left.remove_prefix(std::min(left.size(), key.size() + 1));
    if (!is_key(key)) return invalid("the path holds a node that no database can have: '" + std::string(key) + "'");
  }
  url.base_path = path;
  return {};
}

/// Takes what is left: nothing, or `?ns=name`.
Result<void> take_query(std::string_view rest, DatabaseUrl& url) {
  if (rest.empty() || rest == "?") return {};
  constexpr std::string_view kNameSpace = "?ns=";
  if (rest.find("auth=") != std::string_view::npos || rest.find("access_token=") != std::string_view::npos) {
    return invalid("a database URL takes no credential: URLs end up in logs");
  }
  if (!rest.starts_with(kNameSpace)) return invalid("behind the path only ?ns=NAME is known");
  rest.remove_prefix(kNameSpace.size());
  if (!is_name(rest)) return invalid("ns is not a name");
  url.name_space = rest;
  return {};
}

Result<DatabaseUrl> parse_parts(std::string_view text) {
  DatabaseUrl url;
  if (text.starts_with(kHttp)) {
    url.https = false;
    url.port = 80;
    url.emulator = true;
    text.remove_prefix(kHttp.size());
  } else if (text.starts_with(kHttps)) {
    text.remove_prefix(kHttps.size());
  } else {
    return invalid("it does not start with https:// (or http:// for an emulator)");
  }
  if (auto taken = take_place(text, url); !taken) return error_of(taken);
  if (url.host == "console.firebase.google.com") {
    return invalid("this is the console's address, not the database's",
                   "take the https:// URL that the console shows above the data");
  }
  if (auto taken = take_base_path(text, url); !taken) return error_of(taken);
  if (auto taken = take_query(text, url); !taken) return error_of(taken);
  return url;
}

/// The emulator's name for a database: its own `ns`, else the first label of its host; nothing for an address.
std::string name_space_of(const DatabaseUrl& database) {
  if (!database.name_space.empty()) return database.name_space;
  in_addr address{};
  const bool is_address = is_ipv6(database.host) || ::inet_pton(AF_INET, database.host.c_str(), &address) == 1;
  const auto dot = database.host.find('.');
  return is_address || dot == std::string::npos ? "" : database.host.substr(0, dot);
}

}  // namespace

void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c) || c == '/') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
}

bool is_this_machine(const std::string& host) {
  const auto is_own = [](std::uint32_t address) { return address >> 24 == 127 || address == INADDR_ANY; };
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return is_own(ntohl(address.s_addr));
  in6_addr address6{};
  if (::inet_pton(AF_INET6, host.c_str(), &address6) != 1) return host == "localhost" || host.ends_with(".localhost");
  if (IN6_IS_ADDR_LOOPBACK(&address6) || IN6_IS_ADDR_UNSPECIFIED(&address6)) return true;
  std::uint32_t mapped = 0;
  std::memcpy(&mapped, &address6.s6_addr[12], sizeof mapped);
  return IN6_IS_ADDR_V4MAPPED(&address6) && is_own(ntohl(mapped));
}

bool DatabaseUrl::is_local() const { return is_this_machine(host); }

std::string DatabaseUrl::root() const { return percent_decoded(base_path).value_or(base_path); }

std::string DatabaseUrl::text() const {
  std::string out(https ? kHttps : kHttp);
  out += host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (https ? 443 : 80)) out += ":" + std::to_string(port);
  if (!base_path.empty()) out += "/" + base_path;
  return out;
}

std::string DatabaseUrl::url_of(std::string_view encoded_path, std::string_view query) const {
  std::string url = text() + (base_path.empty() || !encoded_path.empty() ? "/" : "");
  append_percent_encoded(url, encoded_path);
  url += ".json";
  char separator = '?';
  const auto append_query = [&](std::string_view part) {
    if (part.empty()) return;
    url += std::exchange(separator, '&');
    url += part;
  };
  append_query(query);
  if (!name_space.empty()) append_query("ns=" + name_space);
  return url;
}

std::string DatabaseUrl::patch_url(std::string_view encoded_base_path) const {
  return url_of(encoded_base_path, "print=silent&writeSizeLimit=unlimited");
}

Result<DatabaseUrl> parse_database_url(std::string_view text, bool allow_plaintext) {
  auto url = parse_parts(text);
  if (!url) return url;
  if (!url->https && !allow_plaintext && !url->is_local()) {
    return invalid("http:// to another machine would send everything in plain text",
                   "use https://, or --allow-plaintext when the network in between is trusted");
  }
  if (!url->https && url->name_space.empty()) url->name_space = kDefaultNameSpace;
  return url;
}

Result<DatabaseUrl> parse_emulator_host(std::string_view text, std::string_view database_url,
                                        std::string_view project_id) {
  constexpr std::string_view kExpected = "expected host:port, or host:port?ns=name, without http://";
  if (text.find("//") != std::string_view::npos) return invalid("it has a scheme", std::string(kExpected));
  auto url = parse_parts(std::string(kHttp).append(text));
  if (!url) return invalid(url.error().what, std::string(kExpected));
  if (!url->base_path.empty()) return invalid("it has a path", std::string(kExpected));
  if (!database_url.empty()) {
    auto database = parse_parts(database_url);
    if (!database) return database;
    url->base_path = database->base_path;
    if (url->name_space.empty()) url->name_space = name_space_of(*database);
  }
  if (url->name_space.empty()) url->name_space = project_id.empty() ? kDefaultNameSpace : project_id;
  return url;
}

Result<DatabaseUrl> default_database_of(std::string_view project_id) {
  const auto is_label = [](char c) { return is_alphanumeric(c) || c == '-'; };
  if (project_id.empty() || !std::all_of(project_id.begin(), project_id.end(), is_label)) {
    return invalid("the project's id is no part of a host's name", "give the database's address by --database-url");
  }
  DatabaseUrl url;
  url.host = lower_case(project_id) + "-default-rtdb.firebaseio.com";
  return url;
}

}  // namespace firebase_relay::flush
