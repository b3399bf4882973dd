#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace firebase_relay::flush {

/// A member of a JSON object. Views of the object's text.
struct JsonMember {
  std::string_view key;    ///< as it stands between its quotes
  std::string_view value;  ///< as it stands, without blanks around it
};

/// The members of the JSON object `text`, in their order; none of null. Nothing: it is no JSON, or something else.
std::optional<std::vector<JsonMember>> members_of_object(std::string_view text);

}  // namespace firebase_relay::flush
