#include "broker_sim/comparison.h"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "broker_sim/market.h"
#include "broker_sim/tree_value.h"

namespace broker_sim {
namespace {

using nlohmann::json;

constexpr std::size_t kExamplesMax = 10;
constexpr std::size_t kTimeSize = 8;
constexpr std::int64_t kRoundingMs = 1;             // a fraction of a second, cut or rounded
constexpr std::int64_t kArrivalSpreadMs = 600'000;  // between publishing and reading, with Redis stopped meanwhile

class Comparison {
 public:
  Comparison(const Expectation& expected, Live live) : expected_(expected), live_(live) {}

  void live(const std::string& root, const json& actual) {
    json tree;
    for (const auto& [path, value] : expected_.live()) {
      if (path.starts_with(root + "/")) place(tree, path.substr(root.size() + 1)) = value;
    }
    values(root, tree, as_kept(actual, false));
  }

  void history(const json& actual) {
    std::map<std::string, json> nodes;
    for (const auto& [ticker, kinds] : actual.items()) {
      for (const auto& [kind, entries] : kinds.items()) nodes["history/" + ticker + "/" + kind] = entries;
    }
    for (const auto& [path, by_value] : expected_.history()) entries(path, by_value, nodes[path]);
    for (const auto& [path, found] : nodes) {
      if (!expected_.history().contains(path)) unexpected(path, found);
    }
  }

  Difference result;

 private:
  using Times = std::map<std::string, std::vector<std::int64_t>>;

  /// The node at `path`. (A JSON pointer would take the ticker "0" for an index.)
  static json& place(json& tree, const std::string& path) {
    const std::size_t slash = path.find('/');
    json& child = tree[path.substr(0, slash)];
    return slash == std::string::npos ? child : place(child, path.substr(slash + 1));
  }

  void example(const std::string& line) {
    if (result.examples.size() < kExamplesMax) result.examples.push_back(line.substr(0, 400));
  }
  void missing(const std::string& path, const std::string& value) {
    ++result.missing;
    example("missing    " + path + " = " + value);
  }
  void unexpected(const std::string& path, const json& value) {
    ++result.unexpected;
    example("unexpected " + path + " = " + value.dump());
  }
  void wrong(const std::string& path, const std::string& is, const std::string& should) {
    ++result.wrong;
    example("wrong      " + path + " = " + is + ", should be " + should);
  }

  /// The orders of `services/{ticker}`, where they are not wanted.
  [[nodiscard]] bool is_left_out(const std::string& path, const std::string& key) const {
    return live_ == Live::kWithoutOrders && key == "orders" && path.starts_with("services/") &&
           std::count(path.begin(), path.end(), '/') == 1;
  }

  void values(const std::string& path, const json& wanted, const json& found) {
    if (wanted == Expectation::kAnyTime) {
      static const std::regex kTime(R"("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")");
      if (!std::regex_match(found.dump(), kTime)) wrong(path, found.dump(), "a time");
    } else if (wanted.is_object() && found.is_object()) {
      std::set<std::string> keys;
      for (const auto& item : wanted.items()) keys.insert(item.key());
      for (const auto& item : found.items()) keys.insert(item.key());
      for (const std::string& key : keys) {
        if (!is_left_out(path, key)) values(path + "/" + key, wanted.value(key, json()), found.value(key, json()));
      }
    } else if (wanted.is_null() && !found.is_null()) {
      unexpected(path, found);
    } else if (found.is_null() && !wanted.is_null()) {
      missing(path, wanted.dump());
    } else if (wanted != found) {
      wrong(path, found.dump(), wanted.dump());
    }
  }

  /// Milliseconds since 1970, as the first 8 characters of a key say; -1 for what is no key.
  static std::int64_t time_of(const std::string& key) {
    static const std::string kAlphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    if (key.size() != 20) return -1;
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < key.size(); ++i) {
      const std::size_t digit = kAlphabet.find(key[i]);
      if (digit == std::string::npos) return -1;
      if (i < kTimeSize) ms = ms * 64 + static_cast<std::int64_t>(digit);
    }
    return ms;
  }

  /// Takes in what stands at `path`, by its value; `day`: below which it has to be, none for a place without days.
  void entries_of_day(const std::string& path, const std::optional<std::string>& day, const json& node, Times& found) {
    constexpr std::size_t kDaySize = 10;  // of 2026-11-28T14:39:11
    for (const auto& [key, value] : node.items()) {
      const std::int64_t time = time_of(key);
      if (time < 0) {
        wrong(path, key, "a key of 20 characters");
      } else if (day && *day != iso_time(time, "").substr(0, kDaySize)) {
        wrong(path, key, "an entry of this day");
      } else {
        found[as_kept(value, false).dump()].push_back(time);
      }
    }
  }

  void entries(const std::string& path, const std::map<std::string, std::vector<HistoryEntry>>& wanted,
               const json& node) {
    Times found;
    if (is_kept_by_day(path)) {
      for (const auto& [day, of_day] : node.items()) entries_of_day(path + "/" + day, day, of_day, found);
    } else {
      entries_of_day(path, std::nullopt, node, found);
    }
    for (const auto& [value, messages] : wanted) {
      times(path, value, messages, found[value]);
      found.erase(value);
    }
    for (const auto& [value, extra] : found) {
      for (std::size_t i = 0; i < extra.size(); ++i) unexpected(path, value);
    }
  }

  /// Takes out of `found` the earliest time from `from` to `to`.
  static std::optional<std::int64_t> take(std::multiset<std::int64_t>& found, std::int64_t from, std::int64_t to) {
    const auto it = found.lower_bound(from);
    if (it == found.end() || *it > to) return std::nullopt;
    const std::int64_t time = *it;
    found.erase(it);
    return time;
  }

  /// Messages of the same value: first those whose time is known, exactly, then rounded, then those that got their
  /// arrival.
  void times(const std::string& path, const std::string& value, std::vector<HistoryEntry> wanted,
             const std::vector<std::int64_t>& times_found) {
    std::multiset<std::int64_t> found(times_found.begin(), times_found.end());
    std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
    const auto settle = [&](bool known, std::int64_t before, std::int64_t after) {
      std::erase_if(wanted, [&](const HistoryEntry& entry) {
        const std::int64_t time = entry.time_ms.value_or(entry.at_ms);
        return entry.time_ms.has_value() == known && take(found, time - before, time + after).has_value();
      });
    };
    settle(true, 0, 0);
    settle(true, kRoundingMs, kRoundingMs);
    settle(false, kRoundingMs, kArrivalSpreadMs);
    for (const HistoryEntry& entry : wanted) {
      if (found.empty()) {
        missing(path, value);
      } else {
        wrong(path + " time of " + value, std::to_string(*found.begin()),
              std::to_string(entry.time_ms.value_or(entry.at_ms)));
        found.erase(found.begin());
      }
    }
    for (std::size_t i = 0; i < found.size(); ++i) unexpected(path, value);
  }

  const Expectation& expected_;
  const Live live_;
};

}  // namespace

Difference compare(const Expectation& expected, const json& services, const json& channels, const json& history,
                   Live live) {
  Comparison comparison(expected, live);
  comparison.live("services", services);
  comparison.live("channels", channels);
  comparison.history(history);
  return comparison.result;
}

}  // namespace broker_sim
