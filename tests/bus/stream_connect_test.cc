// What is said over a connection, and when: nothing ahead of its greeting, and all of it at once.
#include <gtest/gtest.h>

#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "bus/addresses.h"
#include "bus/stream_fixture.h"
#include "support/eventually.h"
#include "support/local_port.h"
#include "support/redis_server.h"

namespace firebase_relay::bus {
namespace {

using test_support::eventually;
using test_support::LocalPort;
using test_support::RedisClient;
using test_support::RedisServer;
using test_support::RedisTransport;

/// A name that is looked up at once, and hangs when it is looked up again, until it is let go. Its threads may outlive
/// the test.
struct NameThatHangs {
  std::shared_ptr<std::atomic<int>> begun = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::counting_semaphore<>> gate = std::make_shared<std::counting_semaphore<>>(0);

  [[nodiscard]] Resolver resolver() const {
    return [begun = begun, gate = gate](const std::string&, std::uint16_t port) -> Result<std::vector<Address>> {
      if (++*begun > 1) gate->acquire();
      return std::vector<Address>{*literal_address("127.0.0.1", port)};
    };
  }
};

class StreamConnect : public StreamSourceTest {};

TEST_F(StreamConnect, AgainSaysNothingAheadOfTheGreeting) {
  const std::string port = std::to_string(LocalPort(LocalPort::kClosed).port());
  RedisServer redis({"--port", port});
  RedisClient client(redis);
  add(client, "A", "of database 0", "5-0");
  client.command({"SELECT", "1"});
  add(client, "A", "1", "1-0");
  const NameThatHangs name;
  StreamSourceOptions options;
  options.url = *parse_redis_url("redis://far:" + port + "/1");
  options.streams = {"bus"};
  options.resolver = name.resolver();
  safe_upto_ = 0;  // nothing is committed, which would look the name up, too
  start(options);
  ASSERT_TRUE(come(1));

  client.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  ASSERT_TRUE(eventually([&] { return *name.begun > 1; })) << "its look-up hangs now";
  add(client, "A", "2", "2-0");
  name.gate->release(100);
  ASSERT_TRUE(come(2));
  stop();
  take_what_came();
  const std::string log = log_.str();
  EXPECT_EQ(log.find("next try"), log.rfind("next try")) << "one attempt was enough: " << log;
  EXPECT_EQ(came_, (std::vector<std::string>{"A 1", "A 2"})) << log_.str();
  EXPECT_TRUE(gaps().empty());
}

TEST_F(StreamConnect, MakesTheGroupWithoutALostAttempt) {
  for (const RedisTransport transport : {RedisTransport::kUnixSocket, RedisTransport::kTls}) {
    RedisServer redis(transport);
    read(redis);
    const std::string log = stop_and_read_log();
    EXPECT_EQ(log.find("no answer"), std::string::npos) << log;
    log_.str("");
  }
}

}  // namespace
}  // namespace firebase_relay::bus
