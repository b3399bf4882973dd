#include "terminal/flag_setters.h"

#include <arpa/inet.h>

#include <algorithm>

namespace firebase_relay::terminal {
namespace {

constexpr std::size_t kInstanceBytesMax = 200;
constexpr std::size_t kStreamsMax = 1000;  // with 10,000 Redis takes 14 ms for each time it wakes a reader

template <auto Member, class Value, std::size_t Count>
Result<void> set_choice(relay::Options& options, const std::array<Choice<Value>, Count>& choices, std::string_view told,
                        std::string_view text) {
  const auto value = choose(choices, told, text);
  if (!value) return error_of(value);
  options.*Member = *value;
  return {};
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Result<void> set_redis_url(relay::Options& options, std::string_view text) {
  auto url = bus::parse_redis_url(text);
  if (!url) return fail(url.error().code, url.error().what + "; " + url.error().remedy);
  options.redis = std::move(*url);
  return {};
}

Result<void> set_channels(relay::Options& options, std::string_view text) {
  std::vector<std::string> patterns;
  for (;;) {
    const auto comma = text.find(',');
    std::string_view pattern = trimmed(text.substr(0, comma));
    const bool leaves_out = pattern.starts_with('!');
    if (leaves_out) pattern = trimmed(pattern.substr(1));
    if (pattern.empty()) {
      return expected("channel patterns separated by commas, none of them empty, nor what stands behind a !");
    }
    if (leaves_out && pattern.find_first_not_of('*') == std::string_view::npos) {
      return expected("channel patterns of which something is left, but !* takes every channel away");
    }
    patterns.emplace_back(leaves_out ? "!" : "").append(pattern);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  options.channels = std::move(patterns);
  return {};
}

Result<void> set_streams(relay::Options& options, std::string_view text) {
  std::vector<std::string> streams;
  for (;;) {
    const auto comma = text.find(',');
    const std::string_view key = trimmed(text.substr(0, comma));
    if (key.empty()) return expected("keys of streams separated by commas, none of them empty");
    if (std::find(streams.begin(), streams.end(), key) != streams.end())
      return expected("keys of streams, each of them once");
    streams.emplace_back(key);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (streams.size() > kStreamsMax) return expected("at most " + std::to_string(kStreamsMax) + " streams");
  options.streams = std::move(streams);
  return {};
}

Result<void> set_stream_group(relay::Options& options, std::string_view text) {
  if (text.empty()) return expected("the name of a consumer group");
  options.stream_group = text;
  return {};
}

/// As in a URL: a name, or an address, with or without the brackets of an IPv6 one. A name that begins with a dot would
/// stand for all below it, and OpenSSL takes it so.
Result<void> set_redis_tls_name(relay::Options& options, std::string_view text) {
  constexpr std::size_t kNameBytesMax = 253;  // RFC 1035 §2.3.4, as it is written
  const bool has_brackets = text.starts_with('[') && text.ends_with(']');
  const std::string name(has_brackets ? text.substr(1, text.size() - 2) : text);
  in6_addr address{};
  const bool is_address = ::inet_pton(AF_INET6, name.c_str(), &address) == 1;
  const bool is_name = !has_brackets && name.size() <= kNameBytesMax && !name.starts_with('.') &&
                       !name.ends_with('.') && std::all_of(name.begin(), name.end(), [](unsigned char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                std::string_view("-._").find(static_cast<char>(c)) != std::string_view::npos;
                       });
  if (!is_address && !is_name) return expected("the name or address of a host alone, without scheme and port");
  options.redis_tls_name = name;
  return {};
}

Result<void> set_instance(relay::Options& options, std::string_view text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (text.empty() || text.size() > kInstanceBytesMax || has_control) {
    return expected("a name of 1 to " + std::to_string(kInstanceBytesMax) + " bytes without control characters");
  }
  options.instance = text;
  return {};
}

Result<void> set_http_listen(relay::Options& options, std::string_view text) {
  const auto colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool is_number = !port.empty() && error == std::errc() && end == port.data() + port.size();
  const bool is_ipv6 = host.starts_with('[') && host.ends_with(']');
  if (is_ipv6) host = host.substr(1, host.size() - 2);
  in6_addr address{};
  const bool is_host = is_ipv6 ? ::inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1
                               : !host.empty() && host.find_first_of(":[] ,/") == std::string_view::npos;
  if (!is_host || !is_number)
    return expected("HOST:PORT with an address or a name, such as 127.0.0.1:9464 or [::1]:9464");
  options.http_listen = {std::string(host), number};
  return {};
}

Result<void> set_log_level(relay::Options& options, std::string_view text) {
  using observe::LogLevel;
  static constexpr std::array<Choice<LogLevel>, 4> kChoices = {
      {{"debug", LogLevel::kDebug}, {"info", LogLevel::kInfo}, {"warn", LogLevel::kWarn}, {"error", LogLevel::kError}}};
  return set_choice<&relay::Options::log_level>(options, kChoices, "debug, info, warn or error", text);
}

Result<void> set_log_format(relay::Options& options, std::string_view text) {
  using observe::LogFormat;
  static constexpr std::array<Choice<LogFormat>, 2> kChoices = {
      {{"text", LogFormat::kText}, {"json", LogFormat::kJson}}};
  return set_choice<&relay::Options::log_format>(options, kChoices, "text or json", text);
}

Result<void> set_log_messages(relay::Options& options, std::string_view text) {
  using relay::LogMessages;
  static constexpr std::array<Choice<LogMessages>, 5> kChoices = {{{"auto", LogMessages::kAuto},
                                                                   {"on", LogMessages::kOn},
                                                                   {"off", LogMessages::kOff},
                                                                   {"true", LogMessages::kOn},
                                                                   {"false", LogMessages::kOff}}};
  return set_choice<&relay::Options::log_messages>(options, kChoices, "auto, on or off", text);
}

Result<void> set_outbox_sync(relay::Options& options, std::string_view text) {
  using relay::OutboxSync;
  static constexpr std::array<Choice<OutboxSync>, 2> kChoices = {
      {{"normal", OutboxSync::kNormal}, {"full", OutboxSync::kFull}}};
  return set_choice<&relay::Options::outbox_sync>(options, kChoices, "normal or full", text);
}

}  // namespace firebase_relay::terminal
