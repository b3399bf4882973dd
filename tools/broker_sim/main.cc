#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "broker_sim/awkward.h"
#include "broker_sim/ledger.h"
#include "broker_sim/market.h"
#include "broker_sim/publisher.h"
#include "terminal_line/complain.h"

namespace {

using namespace broker_sim;
using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t stop_asked = 0;

struct Flags {
  std::string redis_url = "redis://127.0.0.1:6379";
  std::string tickers = "5";
  std::vector<std::string> kinds = {"price", "order", "performance", "profit", "registration", "other"};
  double rate = 20;
  double seconds = 0;
  std::uint64_t messages = 0;
  std::uint64_t seed = 1;
  bool awkward = false;
  std::string ledger;
  std::string commands;
  double wait_for_subscriber = 0;
  Manner manner;
};

std::vector<std::string> ticker_names(const std::string& given) {
  const std::vector<std::string> known = {"AAPL", "MSFT", "NVDA", "AMZN", "TSLA",
                                          "GOOG", "META", "AMD",  "NFLX", "INTC"};
  std::vector<std::string> names;
  if (given.find_first_not_of("0123456789") == std::string::npos && !given.empty()) {
    const std::size_t count = std::stoul(given);
    for (std::size_t i = 0; i < count; ++i) names.push_back(i < known.size() ? known[i] : "T" + std::to_string(i));
    return names;
  }
  for (std::string name : CLI::detail::split(given, ',')) names.push_back(std::move(name));
  return names;
}

/// Of seconds, or messages a second: what fits a clock of nanoseconds. CLI11's own check lets `nan` pass.
constexpr double kMost = 1e9;

std::string zero_or_more(const std::string& text) {
  double number = 0;
  const bool is_number = CLI::detail::lexical_cast(text, number) && number >= 0 && number <= kMost;
  return is_number ? "" : "expected a number from 0 to 1e9, not '" + text + "'";
}

std::string names_or_number(const std::string& text) {
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  const bool is_good = is_number ? text.size() <= 6 && std::atoi(text.c_str()) > 0 : !text.starts_with('-');
  return is_good ? "" : "expected a number from 1 to 999999, or names, not '" + text + "'";
}

std::string at_least_one(const std::string& text) {
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos && text.size() <= 18;
  return is_number && !text.empty() && text[0] != '0' ? "" : "expected a whole number from 1 on, not '" + text + "'";
}

std::string key(const std::string& text) { return text.empty() ? "expected a stream's key, not nothing" : ""; }

std::int64_t utc_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Paces, publishes and keeps the ledger.
class Broker {
 public:
  Broker(const Flags& flags, Publisher& publisher)
      : flags_(flags), publisher_(publisher), market_(options_of(flags)), awkward_(flags.seed) {
    if (!flags.ledger.empty()) ledger_.emplace(flags.ledger);
  }

  void run() {
    const auto begin = Clock::now();
    while (stop_asked == 0 && !is_done(begin)) {
      const std::int64_t now_ms = utc_ms();
      const bool is_awkward = flags_.awkward && count_ % 4 == 3;
      const Publication publication = is_awkward ? awkward_.next(now_ms) : market_.next(now_ms);
      publisher_.publish(publication);
      if (ledger_) ledger_->add(publication, now_ms);
      channels_.insert(publication.channel);
      ++count_;
      if (flags_.rate > 0) pace(begin);
    }
    publisher_.flush();
    if (ledger_) ledger_->close();
    std::printf("published %llu messages on %zu channels in %.1f s\n", static_cast<unsigned long long>(count_),
                channels_.size(), std::chrono::duration<double>(Clock::now() - begin).count());
  }

 private:
  static MarketOptions options_of(const Flags& flags) {
    MarketOptions options{ticker_names(flags.tickers), flags.kinds, flags.seed};
    if (flags.awkward) {
      options.tickers.insert(options.tickers.end(), awkward_tickers().begin(), awkward_tickers().end());
    }
    return options;
  }
  [[nodiscard]] bool is_done(Clock::time_point begin) const {
    if (flags_.messages > 0 && count_ >= flags_.messages) return true;
    return flags_.seconds > 0 && Clock::now() - begin >= std::chrono::duration<double>(flags_.seconds);
  }
  void pace(Clock::time_point begin) {
    const double seconds = std::min(static_cast<double>(count_) / flags_.rate, kMost);
    const auto due = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    if (due <= Clock::now()) return;
    publisher_.flush();
    // In short pieces: a signal does not end a sleep, and the next message may be due after the end.
    while (Clock::now() < due && stop_asked == 0 && !is_done(begin))
      std::this_thread::sleep_until(std::min(due, Clock::now() + std::chrono::milliseconds(50)));
  }

  const Flags& flags_;
  Publisher& publisher_;
  Market market_;
  Awkward awkward_;
  std::optional<LedgerWriter> ledger_;
  std::set<std::string> channels_;
  std::uint64_t count_ = 0;
};

int run(const Flags& flags) {
  if (!flags.commands.empty()) {
    CommandFile file(flags.commands, flags.manner);
    Broker(flags, file).run();
    return 0;
  }
  RedisPublisher redis(flags.redis_url, flags.manner);
  const auto patience = std::chrono::milliseconds(static_cast<std::int64_t>(flags.wait_for_subscriber * 1000));
  if (flags.wait_for_subscriber > 0 && !redis.wait_for_subscriber(patience)) {
    std::fprintf(stderr, "broker-sim: nobody subscribed to a pattern within %.0f s\n", flags.wait_for_subscriber);
    return 1;
  }
  Broker(flags, redis).run();
  if (redis.unheard() > 0) {
    std::fprintf(stderr, "broker-sim: %llu messages found no subscriber\n",
                 static_cast<unsigned long long>(redis.unheard()));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Publishes to Redis what a broker, bots and a performance service would.", "broker-sim");
  app.option_defaults()->always_capture_default();
  terminal_line::complain_in_print(app);
  app.add_option("--redis-url", flags.redis_url, "redis://host:port or unix:///path");
  app.add_option("--tickers", flags.tickers, "how many, or their names, separated by commas")->check(names_or_number);
  app.add_option("--kinds", flags.kinds, "only these")
      ->delimiter(',')
      ->check(CLI::IsMember({"price", "order", "performance", "profit", "registration", "other"}));
  app.add_option("--rate", flags.rate, "messages a second; 0: as fast as Redis takes them")->check(zero_or_more);
  app.add_option("--seconds", flags.seconds, "how long; 0: until --messages, or Ctrl-C")->check(zero_or_more);
  app.add_option("--messages", flags.messages, "how many; 0: any number");
  app.add_option("--seed", flags.seed, "the same seed publishes the same prices and orders");
  app.add_flag("--awkward", flags.awkward,
               "every fourth message is one that nobody should publish; tickers such as BRK.B");
  app.add_option("--ledger", flags.ledger, "write what was published to this file, for ledger-check");
  app.add_option("--commands", flags.commands,
                 "write Redis commands to this file, for redis-cli --pipe, and publish nothing");
  auto* const wait = app.add_option("--wait-for-subscriber", flags.wait_for_subscriber,
                                    "seconds to wait until somebody listens; 0: publish at once")
                         ->check(zero_or_more);
  auto* const stream = app.add_option("--stream", flags.manner.streams,
                                      "add to this stream (XADD) instead; of several, separated by commas, each "
                                      "ticker goes by one")
                           ->delimiter(',')
                           ->check(key)
                           ->excludes(wait);
  app.add_option("--maxlen", flags.manner.length_max,
                 "with --stream: about how many entries each keeps; without it: all")
      ->check(at_least_one)
      ->needs(stream);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::signal(SIGINT, [](int) { stop_asked = 1; });
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  try {
    return run(flags);
  } catch (const std::exception& error) {
    terminal_line::complain("broker-sim", error.what());
    return 1;
  }
}
