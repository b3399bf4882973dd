#include "terminal/help.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace firebase_relay::terminal {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kTextColumn = 31;

constexpr std::string_view kExamples = R"(Examples
  Try it against the emulator, with every message on the console:
    FIREBASE_DATABASE_EMULATOR_HOST=127.0.0.1:9000 firebase-relay --log-messages
  Two of the channels only, into a folder of the database:
    firebase-relay --channels 'TICKER_*,PROFIT_REPORT' --database-url https://NAME.firebaseio.com/x
  Settings from a file, and a look at what is wrong before the start:
    firebase-relay check --config relay.toml
)";

/// Columns that UTF-8 text takes, as long as no character is a wide one.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// `left`, then `text` from kTextColumn on, wrapped at blanks.
void append_entry(std::string& out, const std::string& left, std::string_view text) {
  std::string line = "  " + left;
  if (columns_of(line) + 2 > kTextColumn) {
    out += line + "\n";
    line.clear();
  }
  line.append(kTextColumn - columns_of(line), ' ');
  const std::string indent(kTextColumn, ' ');
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (columns_of(line) + columns_of(word) > kColumnsMax && line != indent) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = indent;
    }
    line.append(word).append(" ");
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string environment_text(const Flag& flag) {
  // The three that stand for one: a URL, or its two parts.
  if (flag.name == "redis-url") return "REDIS_URL, or REDIS_HOST and REDIS_PORT";
  std::string text;
  for (const std::string& variable : environment_of(flag)) {
    if (!text.empty()) text += ", ";
    text += variable;
  }
  return text;
}

void append_flag(std::string& out, const Flag& flag) {
  append_entry(out, usage_of(flag), flag.help);
  const std::string shown = default_of(flag);
  append_entry(out, "", "[" + environment_text(flag) + (shown.empty() ? "" : "; default " + shown) + "]");
}

bool is_shown(const Flag& flag, std::optional<Command> command) {
  return !command || (flag.commands & (1 << static_cast<int>(*command))) != 0;
}

void append_settings(std::string& out, std::optional<Command> command) {
  for (std::size_t i = 0; i < kGroupCount; ++i) {
    bool is_first = true;
    for (const Flag& flag : flag_table()) {
      if (static_cast<std::size_t>(flag.group) != i || !is_shown(flag, command)) continue;
      if (std::exchange(is_first, false)) out.append("\n").append(name_of(flag.group)).append("\n");
      append_flag(out, flag);
    }
  }
}

void append_usage(std::string& out, std::optional<Command> command) {
  std::string_view lead = "Usage: ";
  for (const CommandRow& row : command_table()) {
    if (command && row.command != *command) continue;
    std::string line = std::string(std::exchange(lead, "       ")) + "firebase-relay " + std::string(row.arguments);
    line.append(line.size() < 45 ? 45 - line.size() : 2, ' ');
    out += line + std::string(row.help) + "\n";
  }
  if (command) return;
  out += "       firebase-relay --version | --help | COMMAND --help\n";
}

}  // namespace

std::string usage_of(const Flag& flag) {
  if (flag.name == "history") return "--history, --no-history";
  std::string usage = "--" + std::string(flag.name);
  if (!flag.value_name.empty() && !flag.value_name.starts_with('[')) usage += ' ';
  return usage += flag.value_name;
}

std::string default_of(const Flag& flag) {
  return std::string(flag.default_note.empty() ? flag.default_text : flag.default_note);
}

std::string help_text(std::optional<Command> command) {
  std::string out = "firebase-relay: from Redis pub/sub into a Firebase Realtime Database.\n\n";
  append_usage(out, command);
  out += "\nFlags stand after the command. They beat the environment, which beats the file given by --config.\n";
  std::optional<Command> heading;
  for (const CommandFlag& flag : command_flag_table()) {
    if (command && flag.command != *command) continue;
    const CommandRow& row = command_table()[static_cast<std::size_t>(flag.command)];
    if (std::exchange(heading, flag.command) != flag.command) out += "\n" + std::string(row.name) + " alone\n";
    append_entry(out,
                 "--" + std::string(flag.name) + (flag.value_name.empty() ? "" : " " + std::string(flag.value_name)),
                 flag.help);
  }
  append_settings(out, command);
  if (!command) out.append("\n").append(kExamples);
  return out;
}

std::string version_text() { return "firebase-relay " FIREBASE_RELAY_VERSION "\n"; }

}  // namespace firebase_relay::terminal
