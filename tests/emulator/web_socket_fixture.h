#pragma once

#include <memory>
#include <string>
#include <vector>

#include "emulator/emulator_fixture.h"
#include "emulator/web_socket_client.h"

namespace emulator_test {

/// A client that has been greeted.
class WebSocketTest : public EmulatorTest {
 protected:
  WebSocketTest() : client_(std::make_unique<WebSocketClient>(emulator().url())) { hello_ = client_->next(); }
  WebSocketClient& client() { return *client_; }
  /// Greets a second one.
  std::unique_ptr<WebSocketClient> another() {
    auto other = std::make_unique<WebSocketClient>(emulator().url());
    other->next();
    return other;
  }
  /// Restarts the emulator with `flags`, and the client.
  void restart(const std::vector<std::string>& flags) {
    client_.reset();
    emulator_ = std::make_unique<Emulator>(flags);
    client_ = another();
  }
  static json push(const std::string& action, const std::string& path, const json& data) {
    return {{"a", action}, {"b", {{"p", path}, {"d", data}}}};
  }
  static json push(const std::string& action, const std::string& path, const json& data, int tag) {
    return {{"a", action}, {"b", {{"p", path}, {"d", data}, {"t", tag}}}};
  }
  static json ok(const json& data) { return {{"s", "ok"}, {"d", data}}; }
  using Pushes = std::vector<json>;

  json hello_;
  std::unique_ptr<WebSocketClient> client_;
};

}  // namespace emulator_test
