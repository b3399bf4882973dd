#pragma once

#include <string>

#include "classify/published_routes.h"
#include "classify/routes.h"
#include "firebase_relay/result.h"
#include "observe/events.h"
#include "relay/options.h"

namespace firebase_relay::relay {

/// The route table that `options` name: the file, or the built-in one.
Result<classify::RouteTable> load_routes(const Options& options);

/// Reads the file of `options` once more and lets its table count from now on, or says why the one before stays. The
/// built-in table is no file: that is said, too, and counted as ok, since what was asked for is in force.
///
/// Threads: one at a time, while others classify by `routes`.
void read_routes_again(const Options& options, classify::PublishedRoutes& routes, observe::Events& events);

}  // namespace firebase_relay::relay
