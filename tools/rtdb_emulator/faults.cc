#include "rtdb_emulator/faults.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace rtdb_emulator {
namespace {

constexpr std::pair<std::string_view, Fault::Kind> kKinds[] = {
    {"status", Fault::Kind::kStatus},    {"hang", Fault::Kind::kHang},     {"close", Fault::Kind::kClose},
    {"delay", Fault::Kind::kDelay},      {"refuse", Fault::Kind::kRefuse}, {"poison", Fault::Kind::kPoison},
    {"straggle", Fault::Kind::kStraggle}};

}  // namespace

std::optional<std::string> Faults::add(const nlohmann::json& json) {
  if (!json.is_object() || !json.contains("kind")) return "an object with 'kind'";
  Planted planted;
  planted.name = json.at("kind").get<std::string>();
  const auto* kind =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& row) { return row.first == planted.name; });
  if (kind == std::end(kKinds)) return "kind: status, hang, close, delay, refuse, poison or straggle";
  planted.fault.kind = kind->second;
  planted.fault.status = json.value("status", 503);
  planted.fault.body = json.value("body", "");
  planted.fault.content_type = json.value("content_type", "");
  planted.fault.location = json.value("location", "");
  planted.fault.marker = json.value("marker", "");
  planted.fault.after_apply = json.value("after_apply", false);
  if (json.contains("retry_after")) {
    const auto& after = json.at("retry_after");
    planted.fault.retry_after = after.is_string() ? after.get<std::string>() : after.dump();
  }
  const bool lasts_ms = json.contains("ms") && planted.fault.kind != Fault::Kind::kStraggle;
  if (lasts_ms)
    planted.until = std::chrono::steady_clock::now() + std::chrono::milliseconds(json.at("ms").get<std::int64_t>());
  planted.fault.delay = std::chrono::milliseconds(json.value("ms", 0));
  if (json.contains("count")) planted.count = json.at("count").get<std::uint64_t>();
  const bool is_open_ended = planted.fault.kind == Fault::Kind::kPoison || planted.fault.kind == Fault::Kind::kDelay ||
                             lasts_ms || json.contains("probability");
  if (!planted.count && !is_open_ended) planted.count = 1;
  planted.probability = json.value("probability", 1.0);
  planted.method = json.value("method", "");
  planted.path_prefix = json.value("path_prefix", "");
  planted.min_ms = json.value("min_ms", std::uint64_t{0});
  planted.max_ms = json.value("max_ms", planted.min_ms);
  const std::lock_guard lock(mutex_);
  planted_.push_back(std::move(planted));
  return std::nullopt;
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  planted_.clear();
}

nlohmann::json Faults::list() const {
  const std::lock_guard lock(mutex_);
  nlohmann::json all = nlohmann::json::array();
  for (const Planted& planted : planted_)
    all.push_back({{"kind", planted.name}, {"hits", planted.hits}, {"count", planted.count.value_or(0)}});
  return all;
}

std::optional<Fault> Faults::strike(std::string_view method, std::string_view path, std::string_view body,
                                    std::chrono::milliseconds& delay) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  for (Planted& planted : planted_) {
    const bool is_over = (planted.until && now >= *planted.until) || (planted.count && *planted.count == 0);
    const bool is_its_method = planted.method.empty() ? method != "GET" : planted.method == method;
    if (is_over || !is_its_method || !path.starts_with(planted.path_prefix)) continue;
    if (planted.fault.kind == Fault::Kind::kPoison && body.find(planted.fault.marker) == std::string_view::npos)
      continue;
    if (planted.probability < 1 && std::uniform_real_distribution<>(0, 1)(random_) >= planted.probability) continue;
    ++planted.hits;
    if (planted.count) --*planted.count;
    if (planted.fault.kind != Fault::Kind::kDelay) return planted.fault;
    delay += std::chrono::milliseconds(
        std::uniform_int_distribution<std::uint64_t>(planted.min_ms, planted.max_ms)(random_));
  }
  return std::nullopt;
}

}  // namespace rtdb_emulator
