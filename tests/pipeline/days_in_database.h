#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "keep/day.h"
#include "support/emulator.h"
#include "support/http.h"

namespace pipeline_test {

/// `2026-11-28`, so many days ago.
inline std::string utc_day(int days_ago) {
  return firebase_relay::keep::name_of(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) -
                                       std::chrono::days(days_ago));
}

/// A database with days of history that somebody has put there.
class DaysInDatabase : public testing::Test {
 protected:
  /// Puts `days` days with so many entries each at `place`, the newest of them today's.
  void put_days(const std::string& place, int days, int entries) const {
    nlohmann::json node;
    for (int ago = 0; ago < days; ++ago) {
      for (int i = 0; i < entries; ++i) node[utc_day(ago)]["-K" + std::to_string(i)] = {{"price", i}};
    }
    put(place, node);
  }
  void put(const std::string& place, const nlohmann::json& node) const {
    const auto response = test_support::http("PATCH", emulator_.url() + "/" + place + ".json?ns=demo", node.dump(),
                                             {"Authorization: Bearer owner", "Content-Type: application/json"});
    ASSERT_EQ(response.status, 200) << response.body;
  }
  [[nodiscard]] std::set<std::string> days_of(const std::string& place) const {
    std::set<std::string> days;
    const nlohmann::json node = emulator_.get(place);
    for (const auto& [day, entries] : node.items()) days.insert(day);
    return days;
  }
  [[nodiscard]] static std::set<std::string> newest(int days) {
    std::set<std::string> all;
    for (int ago = 0; ago < days; ++ago) all.insert(utc_day(ago));
    return all;
  }

  const test_support::Emulator emulator_;
};

}  // namespace pipeline_test
