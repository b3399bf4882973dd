#include "bus/dialer.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <semaphore>
#include <stdexcept>

#include "support/local_port.h"

namespace firebase_relay::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::LocalPort;

RedisUrl url_to(const std::string& host, std::uint16_t port = 6379) {
  RedisUrl url;
  url.host = host;
  url.port = port;
  return url;
}

/// A name that has these addresses.
Resolver resolver_to(std::vector<Address> addresses) {
  return [addresses = std::move(addresses)](const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
    return addresses;
  };
}

Address at(const LocalPort& port) { return *literal_address(port.host(), port.port()); }

/// Dials until it is connected or has failed.
struct Dialed {
  Dialed(const RedisUrl& url, Resolver resolver, milliseconds patience = seconds(3))
      : names(std::move(resolver)), begin(clock()), dialer(url, names, begin, begin + patience) {
    while (dialer.state() == Dialer::State::kLookingUp || dialer.state() == Dialer::State::kConnecting) {
      pollfd fd{dialer.fd(), dialer.poll_events(), 0};
      const auto left =
          std::chrono::ceil<milliseconds>(std::max(SteadyTime::duration::zero(), dialer.deadline() - clock()));
      ::poll(&fd, 1, static_cast<int>(left.count()));
      dialer.proceed(clock());
    }
    took = clock() - begin;
  }
  static SteadyTime clock() { return std::chrono::steady_clock::now(); }
  [[nodiscard]] bool is_connected() const { return dialer.state() == Dialer::State::kConnected; }

  NameLookup names;
  SteadyTime begin;
  Dialer dialer;
  SteadyTime::duration took{};
};

TEST(Dialer, TriesEachAddressOfANameInTurn) {
  const LocalPort closed(LocalPort::kClosed, "::1");
  const LocalPort open(LocalPort::kOpen);
  for (const auto& addresses : {std::vector<Address>{at(closed), at(open)}, {at(open), at(closed)}}) {
    Dialed dialed(url_to("redis"), resolver_to(addresses));
    ASSERT_TRUE(dialed.is_connected()) << dialed.dialer.error().what;
    EXPECT_EQ(dialed.dialer.address(), at(open).shown());
    EXPECT_GE(dialed.dialer.take_socket().fd(), 0);
  }
}

TEST(Dialer, NamesEachAddressThatFailed) {
  const LocalPort one(LocalPort::kClosed, "::1");
  const LocalPort other(LocalPort::kClosed);
  const Dialed dialed(url_to("redis"), resolver_to({at(one), at(other)}));
  EXPECT_EQ(dialed.dialer.error().what,
            at(one).shown() + ": Connection refused, " + at(other).shown() + ": Connection refused");
  EXPECT_FALSE(dialed.dialer.error().remedy.empty());
  EXPECT_LT(dialed.took, seconds(1)) << "a refusal costs nothing";
}

TEST(Dialer, SilentAddressDoesNotEatTheTimeOfTheOthers) {
  const LocalPort silent(LocalPort::kSilent);
  const LocalPort open(LocalPort::kOpen, "::1");
  Dialed dialed(url_to("redis"), resolver_to({at(silent), at(silent), at(open)}));
  ASSERT_TRUE(dialed.is_connected()) << dialed.dialer.error().what;
  EXPECT_GE(dialed.took, milliseconds(900));
  EXPECT_LT(dialed.took, seconds(2));
}

TEST(Dialer, ManySilentAddressesShareTheTime) {
  const LocalPort silent(LocalPort::kSilent);
  const LocalPort open(LocalPort::kOpen, "::1");
  std::vector<Address> addresses(8, at(silent));
  addresses.push_back(at(open));
  const Dialed dialed(url_to("redis"), resolver_to(addresses), milliseconds(1'800));
  EXPECT_TRUE(dialed.is_connected()) << dialed.dialer.error().what;
}

TEST(Dialer, OnlyAddressHasAllTheTimeAndIsNamedWhenItIsSilent) {
  const LocalPort silent(LocalPort::kSilent);
  const Dialed dialed(url_to(silent.host(), silent.port()), {}, milliseconds(1'200));
  EXPECT_EQ(dialed.dialer.error().what, at(silent).shown() + ": no answer");
  EXPECT_GE(dialed.took, milliseconds(1'200));
  EXPECT_LT(dialed.took, seconds(3));
}

TEST(Dialer, GivesUpALookUpThatHangs) {
  auto gate = std::make_shared<std::binary_semaphore>(0);
  const Dialed dialed(
      url_to("redis"),
      [gate](const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
        gate->acquire();
        return fail(ErrorCode::kUnavailable, "too late");
      },
      milliseconds(300));
  EXPECT_NE(dialed.dialer.error().what.find("the name 'redis': no answer from the name servers"), std::string::npos)
      << dialed.dialer.error().what;
  EXPECT_LT(dialed.took, seconds(2));
  gate->release();
}

TEST(Dialer, AddressThatIsWrittenOutAsksNoNameServer) {
  const LocalPort open(LocalPort::kOpen, "::1");
  const Resolver never = [](const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
    return fail(ErrorCode::kUnavailable, "asked");
  };
  EXPECT_TRUE(Dialed(url_to("::1", open.port()), never).is_connected());
}

TEST(Dialer, UnixSocketThatIsNotThereIsNamed) {
  RedisUrl url;
  url.socket_path = "/nonexistent/redis.sock";
  EXPECT_EQ(Dialed(url, {}).dialer.error().what, "/nonexistent/redis.sock: No such file or directory");
}

}  // namespace
}  // namespace firebase_relay::bus
