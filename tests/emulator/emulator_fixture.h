#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/emulator.h"
#include "support/http.h"

namespace emulator_test {

using nlohmann::json;
using test_support::Emulator;
using test_support::Response;

/// An empty database, asked over HTTP as any client does.
class EmulatorTest : public testing::Test {
 protected:
  Response ask(const std::string& method, const std::string& path, const std::string& body = {},
               const std::vector<std::string>& headers = {}) {
    const std::string separator = path.find('?') == std::string::npos ? "?" : "&";
    return test_support::http(method, emulator().url() + path + separator + "ns=demo", body, headers);
  }
  /// The value there, as text without blanks.
  std::string value(const std::string& path) {
    const Response response = ask("GET", path);
    return response.status == 200 ? compact(response.body) : "status " + std::to_string(response.status);
  }
  int status(const std::string& method, const std::string& path, const std::string& body = {}) {
    return ask(method, path, body).status;
  }
  static std::string compact(const std::string& text) {
    const auto parsed = nlohmann::ordered_json::parse(text, nullptr, false);
    return parsed.is_discarded() ? text : parsed.dump();
  }
  /// Expects a refusal of `method` with this status and a text that has `what` in it, and that nothing has changed.
  void expect_refused(const std::string& method, const std::string& path, const std::string& body, int status,
                      const std::string& what = {}) {
    const std::string before = value("/.json");
    const Response response = ask(method, path, body);
    EXPECT_EQ(response.status, status) << method << " " << path << " " << body.substr(0, 80) << " => " << response.body;
    EXPECT_NE(response.body.find(what), std::string::npos) << response.body;
    EXPECT_TRUE(json::accept(response.body) && json::parse(response.body).contains("error")) << response.body;
    EXPECT_EQ(value("/.json"), before);
  }
  Emulator& emulator() {
    if (!emulator_) emulator_ = std::make_unique<Emulator>();
    return *emulator_;
  }

  std::unique_ptr<Emulator> emulator_;
};

}  // namespace emulator_test
