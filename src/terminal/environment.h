#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firebase_relay/result.h"
#include "terminal/given.h"

namespace firebase_relay::terminal {

/// The variables of a process.
struct Environment {
  /// A variable's value, or nothing when it is not set. An empty value counts as not set: compose files write them so.
  std::function<std::optional<std::string>(const std::string& name)> value;
  std::vector<std::string> names;  ///< of all that are set

  std::optional<std::string> operator()(const std::string& name) const { return value(name); }
};
Environment process_environment();

/// Where Redis is, by REDIS_HOST and REDIS_PORT.
struct RedisParts {
  std::optional<Given> url;
  bool is_link = false;  ///< put there by Docker or Kubernetes alone: whatever a person has said counts instead
  std::optional<std::string> warning;
};
/// `REDIS_PORT=tcp://10.0.0.11:6379` is how container links and Kubernetes' service variables tell where a service of
/// the name `redis` is: it is taken as that. Fails with one line that names the variable.
Result<RedisParts> redis_from_parts(const Environment& environment);

/// A line for each variable that begins like ours and is no setting, with the nearest that is one. Variables that
/// Kubernetes and Docker make for a service of our own name are none of a person's.
std::vector<std::string> warnings_of_unknown(const Environment& environment);

}  // namespace firebase_relay::terminal
