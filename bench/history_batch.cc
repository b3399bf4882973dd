#include "history_batch.h"

#include "classify/block_writer.h"
#include "classify/routes.h"
#include "samples.h"

namespace relay_bench {

firebase_relay::Batch history_batch(firebase_relay::BatchId id) {
  namespace classify = firebase_relay::classify;
  const classify::RouteTable routes = *classify::parse_routes(classify::builtin_routes_json(), "routes.json");
  classify::BlockWriter writer(routes, {});
  const auto fragments = writer.write(*block_of({}, 0, 1));
  constexpr auto kPrices = firebase_relay::ShedClass::kPrices;
  firebase_relay::Batch batch{id, kPrices, {}};
  batch.runs.push_back(std::move(fragments->history[static_cast<std::size_t>(kPrices)]));
  batch.runs.back().seeds.clear();
  return batch;
}

}  // namespace relay_bench
