#include "history_batch.h"

#include "classify/block_writer.h"
#include "classify/routes.h"

namespace relay_bench {

firebase_relay::Batch history_batch(firebase_relay::BatchId id, Shape shape) {
  using firebase_relay::ShedClass;
  namespace classify = firebase_relay::classify;
  const classify::RouteTable routes = *classify::parse_routes(classify::builtin_routes_json(), "routes.json");
  classify::BlockWriter writer(routes, {});
  const auto fragments = writer.write(*block_of({shape}, 0, 1));
  firebase_relay::Batch batch{id, shape == Shape::kPrice ? ShedClass::kPrices : ShedClass::kOrders, {}};
  batch.runs.push_back(std::move(fragments->history[static_cast<std::size_t>(batch.shed_class)]));
  batch.runs.back().seeds.clear();
  return batch;
}

}  // namespace relay_bench
