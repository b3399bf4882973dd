#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace broker_sim {

/// The contract's encoding of a key: reserved bytes, control bytes and what is no UTF-8 as %XX; an empty key as %.
std::string encoded_key(std::string_view raw);

/// A published payload as JSON; nothing for what is none, or nests deeper than any path may reach.
std::optional<nlohmann::json> parsed_payload(const std::string& payload);

/// How the database keeps a value: without nulls and empty nodes, lists as objects with numbers for keys, whole numbers
/// without a fraction. So two spellings of the same thing compare equal. `published`: its keys have to be encoded as
/// well.
nlohmann::json as_kept(const nlohmann::json& value, bool published);

/// The longest way down from a kept value, in keys and in bytes of `/key/key`.
struct Extent {
  std::size_t keys = 0;
  std::size_t bytes = 0;
};
Extent extent_of(const nlohmann::json& kept);

}  // namespace broker_sim
