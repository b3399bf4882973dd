#include <cstdio>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "base/clock.h"
#include "base/json_fault.h"
#include "bus/input_line.h"
#include "classify/block_writer.h"
#include "relay/relay.h"
#include "terminal/commands.h"
#include "terminal/complain.h"

namespace firebase_relay::terminal {
namespace {

/// All that the block would write; paths and values are JSON already.
std::string writes_of(const FragmentBlock& block) {
  std::string paths = "{";
  for (const LiveUpdate& update : block.live)
    FragmentText::append(block.path_of(update), block.value_of(update), paths);
  for (const HistoryRun& run : block.history) paths += run.text;
  if (paths.size() > 1) paths.pop_back();  // the last comma
  return paths + "}";
}

std::string_view kind_of(const FragmentBlock& block) {
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    if (block.classified[kind] > 0) return kKindNames[kind];
  }
  return "none";
}

}  // namespace

int test_routes(const CommandLine& line, std::istream& input, std::ostream& output) {
  const auto routes = relay::load_routes(line.options);
  if (!routes) {
    complain(routes.error());
    return kExitInvalid;
  }
  classify::WriterOptions options;
  options.history = line.options.history;
  options.message_bytes_max = line.options.message_bytes_max;
  classify::BlockWriter writer(*routes, options);
  int exit = kExitOk;
  std::string text;
  for (std::uint64_t number = 1; std::getline(input, text); ++number) {
    if (text.empty() || text == "\r") continue;
    output << "{\"line\":" << number << ',';
    const std::optional<bus::InputLine> message = bus::parse_input_line(text);
    if (!message) {
      output << "\"error\":\"expected channel<TAB>payload, or a line of tap --json\"}\n";
      exit = kExitFailed;
      continue;
    }
    MessageBlock block;
    block.number = number;
    block.first_sequence = number;
    block.arrived_at = utc_now();
    block.append(message->channel, message->payload);
    const std::unique_ptr<FragmentBlock> fragments = writer.write(block);
    if (!fragments->dead_letters.empty()) {
      const DeadLetter& letter = fragments->dead_letters.front();
      output << "\"dead_letter\":\"" << name_of(letter.reason) << '"';
      if (is_json_fault(letter.reason)) output << ",\"fault\":" << nlohmann::json(json_fault_text(letter.payload));
      output << "}\n";
    } else {
      output << "\"kind\":\"" << kind_of(*fragments) << "\",\"paths\":" << writes_of(*fragments) << "}\n";
    }
  }
  return exit;
}

}  // namespace firebase_relay::terminal
