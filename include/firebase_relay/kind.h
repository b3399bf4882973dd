#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace firebase_relay {

/// What a message is about. Decides its route and labels every counter of messages.
enum class Kind : std::uint8_t { kPrice, kOrder, kPerformance, kProfit, kRegistration, kUnrouted };

/// How many kinds there are, and what each is called, in the order of the enumeration.
inline constexpr std::size_t kKindCount = 6;
inline constexpr std::array<std::string_view, kKindCount> kKindNames = {"price",  "order",        "performance",
                                                                        "profit", "registration", "unrouted"};

/// The kind as metrics, logs and routes.json write it; static text.
constexpr std::string_view name_of(Kind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

/// The kind of that name; nothing when no kind has it.
constexpr std::optional<Kind> kind_named(std::string_view name) {
  for (std::size_t i = 0; i < kKindCount; ++i) {
    if (kKindNames[i] == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

/// One counter per kind.
using KindCounts = std::array<std::uint64_t, kKindCount>;

/// At the outbox's limit price history goes first (guarantee 3) and orders last, so they are kept apart from the rest
/// from the worker on.
enum class ShedClass : std::uint8_t { kPrices, kRest, kOrders };
/// In the order in which they are shed.
inline constexpr std::array kShedClasses = {ShedClass::kPrices, ShedClass::kRest, ShedClass::kOrders};
inline constexpr std::size_t kShedClassCount = kShedClasses.size();
constexpr ShedClass shed_class_of(Kind kind) {
  if (kind == Kind::kPrice) return ShedClass::kPrices;
  return kind == Kind::kOrder ? ShedClass::kOrders : ShedClass::kRest;
}

}  // namespace firebase_relay
