#include "terminal/words.h"

#include <optional>
#include <utility>

#include "observe/printable.h"
#include "terminal/given.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::string_view kDashes = "--";

tl::unexpected<Error> wrong_words(std::string what) { return fail(ErrorCode::kInvalid, std::move(what)); }

/// `is_plain`: it stood behind `--`, so it is meant as no flag.
tl::unexpected<Error> unknown_word(const std::string& word, Command command, bool is_plain) {
  if (is_plain || !word.starts_with('-')) {
    return wrong_words("unexpected argument '" + observe::printable(word, 100) +
                       "': expected flags, after the command");
  }
  const std::string name = word.substr(0, word.find('='));  // behind it could stand a secret
  std::vector<std::string> known;
  for (const Flag& flag : flag_table()) known.push_back("--" + std::string(flag.name));
  for (const CommandFlag& flag : command_flag_table()) {
    if (flag.command == command) known.push_back("--" + std::string(flag.name));
  }
  return wrong_words("unknown flag " + observe::printable(name, 100) +
                     suggestion(name, known, "; see firebase-relay --help"));
}

/// A flag of either table, as far as its word goes.
struct FlagWord {
  std::string_view name;
  std::string_view alone;  ///< its text when none is given; empty: the next word is
  bool is_setting = true;  ///< else a flag of the command's own
  bool is_fixed = false;   ///< no text may be given
  bool is_list = false;    ///< given several times it adds up
};

/// The flag of this name, without its dashes.
std::optional<FlagWord> flag_word(std::string_view name, Command command) {
  if (name == "no-history") return FlagWord{"history", "false", true, true};
  if (const Flag* flag = find_flag(name)) {
    const bool is_switch = flag->value_name.empty();
    return FlagWord{flag->name,
                    is_switch                           ? "true"
                    : flag->value_name.starts_with('[') ? "on"
                                                        : "",
                    true, false, flag->is_list()};
  }
  for (const CommandFlag& flag : command_flag_table()) {
    if (flag.command == command && flag.name == name)
      return FlagWord{flag.name, flag.value_name.empty() ? "true" : "", false, flag.value_name.empty()};
  }
  return std::nullopt;
}

bool names_a_setting(std::string_view word) {
  return word.starts_with(kDashes) && find_flag(word.substr(kDashes.size())) != nullptr;
}

}  // namespace

Result<Words> read_words(const std::vector<std::string>& arguments, Command command) {
  const CommandRow& row = command_table()[static_cast<std::size_t>(command)];
  Words words;
  bool all_plain = false;
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    if (*word == kDashes && !std::exchange(all_plain, true)) continue;
    if (all_plain || *word == "-" || !word->starts_with('-')) {
      if (words.plain.size() >= row.words_max) return unknown_word(*word, command, all_plain);
      words.plain.push_back(*word);
      continue;
    }
    const std::size_t equals = word->find('=');
    const std::string name = word->substr(0, equals);
    const auto flag = name.starts_with(kDashes) ? flag_word(name.substr(kDashes.size()), command) : std::nullopt;
    if (!flag) return unknown_word(*word, command, false);
    std::string text(flag->alone);
    if (equals != std::string::npos) {
      if (flag->is_fixed) return wrong_words(name + ": expected no value behind it");
      text = word->substr(equals + 1);
    } else if (flag->alone.empty()) {
      if (++word == arguments.end()) return wrong_words(name + ": expected a value behind it");
      text = *word;
    }
    if (flag->alone.empty() && names_a_setting(text))
      return wrong_words(name + ": expected a value behind it, not the flag " + text);
    std::string& kept = (flag->is_setting ? words.flags : words.command_flags)[flag->name];
    kept = flag->is_list && !kept.empty() ? kept + "," + text : text;
  }
  if (words.plain.size() >= row.words_min) return words;
  return wrong_words(std::string(row.name) + ": too few words; expected " + std::string(row.arguments));
}

}  // namespace firebase_relay::terminal
