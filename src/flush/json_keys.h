#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace firebase_relay::flush {

/// The keys of the JSON object `text`, in their order; none of null, or of any other value. Nothing: it is no JSON.
/// Keeps nothing of what stands below them.
std::optional<std::vector<std::string>> keys_of_object(std::string_view text);

}  // namespace firebase_relay::flush
