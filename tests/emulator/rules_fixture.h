#pragma once

#include <string>
#include <vector>

#include "emulator/web_socket_fixture.h"
#include "support/paths.h"

namespace emulator_test {

/// The shipped rules: `readers/{uid}: true` may read `services`, `channels`, `relay` and `history`; users write
/// nothing.
class RulesTest : public WebSocketTest {
 protected:
  RulesTest() { use(std::string(test_support::source_dir()) + "/firebase/database.rules.json"); }
  /// Restarts with the rules in `file`.
  void use(const std::string& file, std::vector<std::string> flags = {"--test-controls"}) {
    flags.insert(flags.end(), {"--rules", file});
    restart(flags);
    admin("PUT", "/.json", R"({"readers":{"alice":true},"services":{"A":{"price":1}},"logs":{"x":1}})");
  }
  /// By an administrator, who has to succeed.
  std::string admin(const std::string& method, const std::string& path, const std::string& body = {}) {
    const Response response = ask(method, path, body, {"Authorization: Bearer owner"});
    EXPECT_EQ(response.status, 200) << method << " " << path << ": " << response.body;
    return response.body;
  }
  /// {"alg":"none"}.{"sub":"alice"}.
  static constexpr char kAlice[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.";
  /// {"alg":"none"}.{"sub":"bob"}.
  static constexpr char kBob[] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJib2IifQ.";
};

}  // namespace emulator_test
