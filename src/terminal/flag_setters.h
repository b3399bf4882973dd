#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "firebase_relay/result.h"
#include "relay/options.h"

namespace firebase_relay::terminal {

/// The setters of the flag table: each reads a text into one member of Options. The error is what was expected.

/// The error of every setter. `what`: what would be right, for a line that says where the text came from.
inline tl::unexpected<Error> expected(std::string what) {
  return fail(ErrorCode::kInvalid, "expected " + std::move(what));
}

/// `text` without the blanks at its ends.
std::string_view trimmed(std::string_view text);

/// A whole number from Least to Most, stored Unit times as large. `_` between digits is ignored, as in TOML.
template <auto Member, std::uint64_t Least, std::uint64_t Most, std::uint64_t Unit = 1>
Result<void> set_number(relay::Options& options, std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  std::uint64_t number = 0;
  const char* const digits_end = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), digits_end, number);
  if (error != std::errc() || end != digits_end || number < Least || number > Most) {
    return expected("a whole number from " + std::to_string(Least) + " to " + std::to_string(Most));
  }
  using Value = std::remove_reference_t<decltype(options.*Member)>;
  options.*Member = static_cast<Value>(static_cast<std::int64_t>(number * Unit));
  return {};
}

/// Any text.
template <auto Member>
Result<void> set_text(relay::Options& options, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return expected("a text without NUL bytes");
  options.*Member = text;
  return {};
}

/// A file that is made when it is not there: no folder's name.
template <auto Member>
Result<void> set_new_file(relay::Options& options, std::string_view text) {
  const std::string_view name = text.substr(text.find_last_of('/') + 1);
  if (name.empty() || name == "." || name == "..") return expected("the name of a file");
  return set_text<Member>(options, text);
}

/// One of the words that a setting may be, and what it means.
template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};

/// One of the names; of several names for a value the first is told.
template <class Value, std::size_t Count>
Result<Value> choose(const std::array<Choice<Value>, Count>& choices, std::string_view told, std::string_view text) {
  for (const auto& choice : choices) {
    if (choice.name == text) return choice.value;
  }
  return expected(std::string(told));
}

/// Yes or no, in the words that people use for them.
template <auto Member>
Result<void> set_switch(relay::Options& options, std::string_view text) {
  static constexpr std::array<Choice<bool>, 8> kChoices = {{{"true", true},
                                                            {"false", false},
                                                            {"on", true},
                                                            {"off", false},
                                                            {"yes", true},
                                                            {"no", false},
                                                            {"1", true},
                                                            {"0", false}}};
  const auto value = choose(kChoices, "true or false", text);
  if (!value) return error_of(value);
  options.*Member = *value;
  return {};
}

/// Each of the member of its name, by the rules that docs/settings.md gives for it.
Result<void> set_redis_url(relay::Options& options, std::string_view text);
Result<void> set_redis_tls_name(relay::Options& options, std::string_view text);
Result<void> set_channels(relay::Options& options, std::string_view text);
/// Keys separated by commas; a blank beside a comma is no part of them.
Result<void> set_streams(relay::Options& options, std::string_view text);
Result<void> set_stream_group(relay::Options& options, std::string_view text);
Result<void> set_instance(relay::Options& options, std::string_view text);
Result<void> set_http_listen(relay::Options& options, std::string_view text);
Result<void> set_log_level(relay::Options& options, std::string_view text);
Result<void> set_log_format(relay::Options& options, std::string_view text);
Result<void> set_log_messages(relay::Options& options, std::string_view text);
Result<void> set_outbox_sync(relay::Options& options, std::string_view text);

}  // namespace firebase_relay::terminal
