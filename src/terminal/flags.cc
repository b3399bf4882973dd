#include "terminal/flags.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/secret_file.h"
#include "base/stray_character.h"
#include "flush/credentials.h"
#include "flush/database_url.h"
#include "observe/printable.h"
#include "terminal/config_file.h"
#include "terminal/flag_setters.h"
#include "terminal/given.h"
#include "terminal/help.h"
#include "terminal/words.h"

namespace firebase_relay::terminal {
namespace {

/// What is given says something: a variable of the shell that is not set would ask for everything, or for nothing.
constexpr std::string_view kIsEmpty = ": expected a value, but it is empty; is a variable of the shell not set?";

constexpr std::string_view kEmulatorVariable = "FIREBASE_DATABASE_EMULATOR_HOST";

tl::unexpected<Error> invalid(std::string what) { return fail(ErrorCode::kInvalid, std::move(what)); }

/// What `flag` alone has in the environment; --redis-url may have more (redis_from_parts).
std::optional<Given> from_environment(const Flag& flag, const Environment& environment) {
  // Variables behind the first hold something else than the flag does: see resolve_password and resolve_database.
  const std::string variable = environment_of(flag).front();
  const auto text = environment(variable).value_or("");
  if (text.empty()) return std::nullopt;
  return Given{text, "environment variable " + variable, Level::kEnvironment};
}

/// Does what was asked for go by `flag`? Some commands are several: those that only look into the outbox need no
/// database, nor does who reads an archive, and who tries routes needs no Redis.
bool goes_by(const CommandLine& line, const Flag& flag) {
  const bool only_looks =
      line.command == Command::kDeadLetters && !line.arguments.empty() && line.arguments.front() != "retry";
  if (only_looks && flag.group != Group::kDisk && flag.group != Group::kWatching) return false;
  const bool reads_archive = line.command == Command::kExport && !line.export_flags.from_database;
  const bool is_of_database = flag.group == Group::kDatabase || flag.group == Group::kDelivery;
  if (reads_archive && (is_of_database || flag.name == "outbox")) return false;
  const bool tries_routes = line.command == Command::kCheck && !line.route_test_file.empty();
  if (tries_routes && (flag.group == Group::kRedis || flag.group == Group::kDatabase)) return false;
  return is_used_by(flag, line.command);
}

/// For a command that goes by --redis-url, and has neither that nor REDIS_URL.
Result<void> take_redis_parts(const Environment& environment, Settings& settings, CommandLine& line) {
  auto parts = redis_from_parts(environment);
  if (!parts) return error_of(parts);
  if (!parts->url || (parts->is_link && settings.contains("redis-url"))) return {};
  settings["redis-url"] = *parts->url;
  if (parts->warning) line.warnings.push_back(*parts->warning);
  return {};
}

/// All that was given, of each setting that which counts.
Result<Settings> gather(const Words& words, const Environment& environment, CommandLine& line) {
  Settings settings;
  const Flag& config = *find_flag("config");
  if (auto given = from_environment(config, environment)) settings[config.name] = *given;
  if (const auto word = words.flags.find("config"); word != words.flags.end()) {
    settings[config.name] = Given{word->second, "--config", Level::kFlag};
  }
  if (const auto file = settings.find(config.name); file != settings.end()) {
    if (auto clean = expect_clean(file->second, config); !clean) return error_of(clean);
    line.config_file = file->second.text;
    auto entries = read_config_file(line.config_file);
    if (!entries) return fail(entries.error().code, file->second.origin + ": " + entries.error().what);
    if (auto taken = take_entries(*entries, line.config_file, settings); !taken) return error_of(taken);
  }
  for (const Flag& flag : flag_table()) {
    if (const auto word = words.flags.find(flag.name); word != words.flags.end()) {
      settings[flag.name] = Given{word->second, "--" + std::string(flag.name), Level::kFlag};
      continue;
    }
    if (auto given = from_environment(flag, environment)) {
      settings[flag.name] = *given;
    } else if (flag.name == "redis-url" && goes_by(line, flag)) {
      if (auto taken = take_redis_parts(environment, settings, line); !taken) return error_of(taken);
    }
  }
  return settings;
}

/// Whatever is one setting on its own. What this command does not use is not its to judge: variables are for all
/// programs of a machine, and a file for all commands.
Result<void> apply(const Settings& settings, CommandLine& line) {
  for (const Flag& flag : flag_table()) {
    if (flag.set != nullptr && !flag.default_text.empty()) {
      if (auto set = flag.set(line.options, flag.default_text); !set) return set;
    }
    const auto given = settings.find(flag.name);
    if (given == settings.end()) continue;
    const bool counts = given->second.level == Level::kFlag || goes_by(line, flag);
    if (auto clean = expect_clean(given->second, flag); !clean && counts) return clean;
    if (flag.set != nullptr) {
      if (auto set = flag.set(line.options, given->second.text); !set && counts)
        return wrong(given->second, flag, set.error().what);
    }
    // What no setter minds. A variable that is set to nothing is as one that is not set.
    const bool is_empty = given->second.text.empty() && !flag.value_name.empty();
    if (is_empty && given->second.level == Level::kFlag) return invalid(given->second.origin + std::string(kIsEmpty));
  }
  return {};
}

/// Is a setting without a setter one that this command goes by, or has a flag for?
bool counts(const Settings& settings, std::string_view name, const CommandLine& line) {
  const auto given = settings.find(name);
  return goes_by(line, *find_flag(name)) || (given != settings.end() && given->second.level == Level::kFlag);
}

/// A character that no password is meant to hold is a mistake; one that it could is worth a warning.
Result<void> expect_clean_password(std::string_view password, const std::string& origin, CommandLine& line) {
  const auto stray = stray_character(password);
  if (!stray) return {};
  if (stray->is_never_meant) return invalid(origin + ": the password " + std::string(stray->what));
  line.warnings.push_back(origin + ": the password " + std::string(stray->what) + "; it is taken as it is");
  return {};
}

/// A password of its own beats one in the URL, unless the URL comes from further up.
Result<void> resolve_password(const Settings& settings, const Environment& environment, CommandLine& line) {
  if (!counts(settings, "redis-password-file", line)) return {};
  bus::RedisUrl& redis = line.options.redis;
  const auto url = settings.find("redis-url");
  const Level url_level = url == settings.end() ? Level::kDefault : url->second.level;
  if (redis.password_in_url && url_level == Level::kFlag) {
    line.warnings.emplace_back(
        "--redis-url: the process list shows the password in it; use --redis-password-file or REDIS_PASSWORD");
  }
  const auto file = settings.find("redis-password-file");
  const Level file_level = file == settings.end() ? Level::kDefault : file->second.level;
  std::string variable = environment("REDIS_PASSWORD").value_or("");
  Secret password;
  Level level = Level::kEnvironment;
  if (file_level >= Level::kEnvironment || (file_level == Level::kFile && variable.empty())) {
    auto text = read_small_file(file->second.text, shown_name(file->second.text));
    if (!text) return fail(text.error().code, file->second.origin + ": " + text.error().what);
    password = Secret(std::string_view(*text).substr(0, text->find_last_not_of("\r\n") + 1));
    wipe(*text);
    level = file_level;
    const std::string origin = file->second.origin + ": " + observe::printable(file->second.text);
    if (auto clean = expect_clean_password(password.reveal(), origin, line); !clean) return clean;
    if (password.empty() || password.reveal().find('\n') != std::string_view::npos) {
      return invalid(file->second.origin + ": expected one line in " + observe::printable(file->second.text) +
                     ", the password");
    }
  } else {
    password = Secret(std::move(variable));
    if (auto clean = expect_clean_password(password.reveal(), "environment variable REDIS_PASSWORD", line); !clean)
      return clean;
  }
  if (password.empty() || (redis.password_in_url && url_level > level)) return {};
  redis.password = std::move(password);
  redis.password_in_url = false;
  return {};
}

/// Of a setting that means something beside another one only.
void warn_if_given(const char* name, const char* why, const Settings& settings, CommandLine& line) {
  const auto given = settings.find(name);
  if (given != settings.end() && goes_by(line, *find_flag(name)))
    line.warnings.push_back(given->second.origin + " is not used: " + why);
}

/// Whoever names an authority believes that TLS is spoken, and whoever names a group that a stream is read.
void warn_of_unused(const Settings& settings, CommandLine& line) {
  if (line.options.streams.empty()) warn_if_given("stream-group", "no --streams are read", settings, line);
  if (line.options.redis.is_tls) return;
  for (const char* name : {"redis-ca-file", "redis-cert-file", "redis-key-file", "redis-tls-name"})
    warn_if_given(name, "--redis-url does not say rediss://", settings, line);
}

/// A key has one purpose: two kinds of credentials are a mistake, and which one counts would be a guess.
Result<void> check_credentials(const Settings& settings, const CommandLine& line) {
  if (!counts(settings, "credentials", line) && !counts(settings, "auth-secret-file", line)) return {};
  const auto account = settings.find("credentials");
  const auto secret = settings.find("auth-secret-file");
  if (account == settings.end() || secret == settings.end()) return {};
  return invalid(account->second.origin + " and " + secret->second.origin +
                 ": expected one of the two, a service account's key or a legacy secret");
}

/// Of the key, when it is needed to know where the database is. `check` has a line of its own for a key that is wrong.
Result<std::string> project_of_key(CommandLine& line) {
  const bool reads_database = line.command == Command::kExport && line.export_flags.from_database;
  const bool must_know = line.command == Command::kRun || line.command == Command::kPrune || reads_database;
  const bool uses_key = must_know || line.command == Command::kCheck;
  if (line.options.credentials_file.empty() || !uses_key) return std::string();
  std::vector<std::string> repeated;  // whoever uses the key tells them
  const auto account = flush::read_account(line.options.credentials_file, repeated);
  const auto checked = account ? flush::default_database_of(account->project_id) : error_of(account);
  if (checked) return account->project_id;
  if (!must_know) return std::string();
  return fail(checked.error().code, checked.error().what + "; " + checked.error().remedy);
}

Result<void> resolve_database(const Settings& settings, const Environment& environment, CommandLine& line) {
  const Flag& flag = *find_flag("database-url");
  if (!counts(settings, flag.name, line)) return {};
  const auto given = settings.find(flag.name);
  const std::string emulator = environment(std::string(kEmulatorVariable)).value_or("");
  const bool by_flag = given != settings.end() && given->second.level == Level::kFlag;
  if (by_flag && !emulator.empty()) {
    line.warnings.push_back(std::string(kEmulatorVariable) + " is not used: --database-url beats it");
  }
  if (emulator.empty() && given == settings.end()) {
    const auto project = project_of_key(line);
    if (!project) return error_of(project);
    if (!project->empty()) line.options.database = flush::default_database_of(*project).value();
    return {};
  }
  const bool use_emulator = !emulator.empty() && !by_flag;
  if (use_emulator) line.options.allow_plaintext = true;
  const Given variable{emulator, "environment variable " + std::string(kEmulatorVariable), Level::kEnvironment};
  if (auto clean = expect_clean(variable, flag); use_emulator && !clean) return clean;

  if (given != settings.end()) {
    auto url = flush::parse_database_url(given->second.text, line.options.allow_plaintext);
    if (!url) return wrong(given->second, flag, url.error().what + "; " + url.error().remedy);
    const bool has_credentials = !line.options.credentials_file.empty() || !line.options.auth_secret_file.empty();
    if (has_credentials) url->emulator = false;
    if (!url->https && !url->is_local() && !use_emulator) {
      line.warnings.push_back(given->second.origin +
                              ": http:// to another machine: who is in between can read all that is sent" +
                              (has_credentials ? ", the credentials too" : ""));
    }
    line.options.database = std::move(*url);
  }
  if (!use_emulator) return {};
  const auto project = given == settings.end() ? project_of_key(line) : std::string();
  if (!project) return error_of(project);
  auto url = flush::parse_emulator_host(emulator, given == settings.end() ? "" : given->second.text, *project);
  if (!url) return wrong(variable, flag, url.error().what + "; " + url.error().remedy);
  line.options.database = std::move(*url);
  return {};
}

/// The command, if the first word is one; flags alone mean `run`.
Result<Command> take_command(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().starts_with('-')) return Command::kRun;
  std::vector<std::string> known;
  std::string all;
  for (const CommandRow& row : command_table()) {
    if (row.name == arguments.front()) {
      arguments.erase(arguments.begin());
      return row.command;
    }
    known.emplace_back(row.name);
    all += (all.empty() ? "" : ", ") + known.back();
  }
  const std::string word = arguments.front();
  return invalid("unknown command '" + observe::printable(word, 100) + "'" +
                 suggestion(word, known, "; expected " + all));
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "relay";
  return name.data();
}

Result<void> take_texts(const Words& words, std::span<const std::pair<const char*, std::string*>> all) {
  for (const auto& [name, text] : all) {
    const auto given = words.command_flags.find(name);
    if (given == words.command_flags.end()) continue;
    if (given->second.empty()) return invalid("--" + std::string(name) + std::string(kIsEmpty));
    *text = given->second;
  }
  return {};
}

Result<void> take_export_flags(const Words& words, ExportFlags& flags) {
  const std::pair<const char*, std::string*> all[] = {{"from", &flags.from},     {"to", &flags.to},
                                                      {"ticker", &flags.ticker}, {"kind", &flags.kind},
                                                      {"format", &flags.format}, {"fields", &flags.fields}};
  flags.from_database = words.command_flags.contains("from-database");
  flags.yes = words.command_flags.contains("yes");
  return take_texts(words, all);
}

Result<void> take_prune_flags(const Words& words, PruneFlags& flags) {
  const std::pair<const char*, std::string*> all[] = {
      {"before", &flags.before}, {"ticker", &flags.ticker}, {"kind", &flags.kind}};
  flags.flat = words.command_flags.contains("flat");
  flags.unsealed = words.command_flags.contains("unsealed");
  flags.yes = words.command_flags.contains("yes");
  return take_texts(words, all);
}

bool contains(const std::vector<std::string>& arguments, std::string_view word) {
  return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, const char* const* argv, const Environment& environment) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  CommandLine line;
  const bool has_command = !arguments.empty() && !arguments.front().starts_with('-');
  const auto command = take_command(arguments);
  if (!command) return error_of(command);
  line.command = *command;
  if (contains(arguments, "--help") || contains(arguments, "-h")) {
    line.print = help_text(has_command ? std::optional(*command) : std::nullopt);
    return line;
  }
  if (contains(arguments, "--version")) {
    line.print = version_text();
    return line;
  }
  const auto words = read_words(arguments, *command);
  if (!words) return error_of(words);
  line.arguments = words->plain;
  if (const auto file = words->command_flags.find("route-test"); file != words->command_flags.end()) {
    line.route_test_file = file->second;
    if (line.route_test_file.empty())
      return fail(ErrorCode::kInvalid, "--route-test: expected the name of a file, or - for standard input");
  }
  if (auto taken = take_export_flags(*words, line.export_flags); !taken) return error_of(taken);
  line.warnings = warnings_of_unknown(environment);
  const auto settings = gather(*words, environment, line);
  if (!settings) return error_of(settings);
  if (auto applied = apply(*settings, line); !applied) return error_of(applied);
  if (auto checked = check_credentials(*settings, line); !checked) return error_of(checked);
  if (auto resolved = resolve_password(*settings, environment, line); !resolved) return error_of(resolved);
  warn_of_unused(*settings, line);
  if (auto resolved = resolve_database(*settings, environment, line); !resolved) return error_of(resolved);
  if (line.options.instance.empty()) line.options.instance = host_name();
  line.json = words->command_flags.contains("json");
  line.all = words->command_flags.contains("all");
  line.live = words->command_flags.contains("live");
  line.watch = words->command_flags.contains("watch");
  if (auto taken = take_prune_flags(*words, line.prune_flags); !taken) return error_of(taken);
  const bool needs_database = line.command == Command::kRun || line.command == Command::kReplay ||
                              line.command == Command::kPrune ||
                              (line.command == Command::kExport && line.export_flags.from_database);
  if (needs_database && !line.options.database) {
    return invalid(
        "no database: expected --database-url, FIREBASE_DATABASE_URL, FIREBASE_DATABASE_EMULATOR_HOST, or "
        "--credentials");
  }
  return line;
}

}  // namespace firebase_relay::terminal
