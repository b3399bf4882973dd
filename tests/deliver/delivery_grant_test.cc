// What somebody else may write beside delivery.
#include "deliver/delivery_fixture.h"
#include "firebase_relay/delivery.h"

namespace firebase_relay {
namespace {

TEST_F(DeliveryTest, GrantsAWriteBesideItsOwnOnlyWhileAllIsWell) {
  start({.batch_bytes_max = 100, .bytes_per_minute_max = 10'000, .in_flight_max = 1});
  EXPECT_TRUE(delivery_->grant(5'000, now_.steady));
  EXPECT_FALSE(delivery_->grant(5'000, now_.steady)) << "the minute's quota, less what live values will need";
  EXPECT_TRUE(delivery_->grant(0, now_.steady)) << "a question writes nothing";
  price("A", "1");
  EXPECT_TRUE(delivery_->grant(0, now_.steady)) << "what is under way does not wait";
  for (int i = 0; i < 10; ++i) price("A", "2");
  EXPECT_FALSE(delivery_->grant(0, now_.steady)) << "more waits than the next request takes";
  deliver_all();
  EXPECT_TRUE(delivery_->grant(0, now_.steady));
  pass(std::chrono::seconds(1));
  price("A", "3");
  answer(503);
  EXPECT_FALSE(delivery_->grant(0, now_.steady)) << "the database is in trouble";
}

TEST_F(DeliveryTest, GrantsNothingWhileTheDiskHoldsWhatWaits) {
  Restored restored;
  restored.last_batch = 1;
  restored.level.batches = 1;
  restored.history[0] = 1;
  start({}, restored);
  EXPECT_FALSE(delivery_->grant(0, now_.steady));
}

TEST_F(DeliveryTest, GrantsNothingOnceItStops) {
  start({});
  handle(Stop{});
  EXPECT_FALSE(delivery_->grant(0, now_.steady));
}

}  // namespace
}  // namespace firebase_relay
