#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "classify/block_writer.h"
#include "classify/routes.h"

namespace firebase_relay::classify {

/// What the workers make of messages, read back into maps.
class FragmentsTest : public testing::Test {
 protected:
  using Messages = std::vector<std::pair<std::string, std::string>>;

  /// Writes `messages` as one block.
  void write(const Messages& messages) {
    MessageBlock block;
    block.number = ++number_;
    block.first_sequence = 100;
    block.arrived_at = UtcMillis(std::chrono::milliseconds(kArrived));
    for (const auto& [channel, payload] : messages) block.append(channel, payload);
    written_ = writer_->write(block);
    live_.clear();
    history_.clear();
    for (const LiveUpdate& update : written_->live) {
      live_[std::string(written_->path_of(update))] = std::string(written_->value_of(update));
    }
    for (const HistoryRun& run : written_->history) {
      for (std::size_t i = 0; i < run.entries.size(); ++i) {
        history_.emplace_back(std::string(run.location_of(i)) + '/', std::string(run.value_of(i)));
      }
    }
  }
  /// The reason why `payload` is set aside; empty when it is not.
  std::string reason(const std::string& channel, const std::string& payload) {
    write({{channel, payload}});
    return written_->dead_letters.empty() ? "" : std::string(name_of(written_->dead_letters.front().reason));
  }
  [[nodiscard]] std::uint64_t classified(Kind kind) const {
    return written_->classified[static_cast<std::size_t>(kind)];
  }
  void use_routes(std::string_view json) {
    routes_ = *parse_routes(json, "routes.json");
    use({});
  }
  void use(const WriterOptions& options) { writer_ = std::make_unique<BlockWriter>(routes_, options); }

  static constexpr std::int64_t kArrived = 1'778'078'351'786;
  const std::string kNow = "\"2026-05-06T14:39:11.786Z\"";
  RouteTable routes_ = *parse_routes(builtin_routes_json(), "routes.json");
  std::unique_ptr<BlockWriter> writer_ = std::make_unique<BlockWriter>(routes_, WriterOptions{});
  std::uint64_t number_ = 0;
  std::unique_ptr<FragmentBlock> written_;
  std::map<std::string, std::string> live_;
  std::vector<std::pair<std::string, std::string>> history_;
};

}  // namespace firebase_relay::classify
