#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "archive/line.h"
#include "firebase_relay/history_key.h"

namespace test_support {

/// The key of every line_at().
inline const std::string& key_of_lines() {
  using firebase_relay::HistoryKey;
  using firebase_relay::UtcMillis;
  static const std::string key(HistoryKey(UtcMillis(std::chrono::milliseconds(1'778'078'351'786)), {1, 2}, 0).text());
  return key;
}

/// An entry of a place, as a line of an archive. Lives as long as the test.
inline firebase_relay::archive::Line line_at(const std::string& place, const std::string& value = "{}") {
  static std::vector<std::unique_ptr<std::string>> texts;
  texts.push_back(std::make_unique<std::string>("{\"" + place + "/" + key_of_lines() + "\":" + value + "}"));
  return firebase_relay::archive::parse_line(*texts.back()).value();
}

}  // namespace test_support
