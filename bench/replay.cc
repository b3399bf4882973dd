// The path of a message without sockets, threads and clocks, for callgrind: the same input always costs the same.
// Usage: replay STAGE KIND ROUNDS
//   STAGE  classify  MessageBlock -> FragmentBlock
//          wire      Redis' bytes -> MessageBlock -> FragmentBlock
//          live      as classify, without history
//          store     a batch of history -> what the outbox stores of it, and its checksum
//   Goes ROUNDS times over 8 blocks, which are made once: the difference of two numbers of rounds is the path alone.
//   The last line of its output counts the messages.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bus/reply_reader.h"
#include "classify/block_writer.h"
#include "classify/routes.h"
#include "history_batch.h"
#include "outbox/batch_blob.h"
#include "samples.h"

namespace {

using namespace firebase_relay;
using relay_bench::SampleOptions;

constexpr std::uint64_t kBlocks = 8;

struct Input {
  std::vector<std::unique_ptr<MessageBlock>> blocks;
  std::vector<std::string> reads;
};

Input prepare(const SampleOptions& options) {
  Input input;
  std::uint64_t first = 0;
  for (std::uint64_t number = 1; number <= kBlocks; ++number) {
    input.blocks.push_back(relay_bench::block_of(options, first, number));
    std::string& read = input.reads.emplace_back();
    for (std::size_t i = 0; i < input.blocks.back()->size(); ++i)
      append_as_reply(relay_bench::sample(options, first + i), read);
    first += input.blocks.back()->size();
  }
  return input;
}

/// How many messages were stored.
std::uint64_t store(relay_bench::Shape shape, int rounds) {
  std::vector<Batch> batches;
  for (BatchId id = 1; id <= kBlocks; ++id) batches.push_back(relay_bench::history_batch(id, shape));
  outbox::BatchPacker packer;
  std::uint64_t messages = 0;
  std::uint64_t checksums = 0;
  for (int round = 0; round < rounds; ++round) {
    for (const Batch& batch : batches) {
      checksums |= outbox::checksum_of(packer.pack(batch).bytes);
      messages += batch.runs.front().entries.size();
    }
  }
  return checksums == 0 ? 0 : messages;
}

void print_messages(std::uint64_t messages) {
  std::printf("%llu messages\n", static_cast<unsigned long long>(messages));
}

}  // namespace

int main(int argc, char** argv) {
  const auto shape = argc == 4 ? relay_bench::shape_named(argv[2]) : std::nullopt;
  const std::string_view stage = argc > 1 ? argv[1] : "";
  if (!shape || (stage != "classify" && stage != "wire" && stage != "live" && stage != "store")) {
    std::fputs("usage: replay classify|wire|live|store KIND ROUNDS\n", stderr);
    return 2;
  }
  const int rounds = std::atoi(argv[3]);
  if (stage == "store") {
    print_messages(store(*shape, rounds));
    return 0;
  }
  const Input input = prepare({*shape});
  const classify::RouteTable routes = *classify::parse_routes(classify::builtin_routes_json(), "routes.json");
  classify::WriterOptions options;
  options.history = stage != "live";
  classify::BlockWriter writer(routes, options);
  bus::ReplyReader reader(bus::ChannelFilter({"*"}));
  MessageBlock received;
  std::vector<bus::Reply> replies;

  std::uint64_t messages = 0;
  std::uint64_t number = 0;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < input.blocks.size(); ++i) {
      MessageBlock* block = input.blocks[i].get();
      if (stage == "wire") {
        received.clear(SIZE_MAX);
        if (!reader.feed(input.reads[i], received, replies)) return 1;
        received.arrived_at = block->arrived_at;
        received.first_sequence = block->first_sequence;
        block = &received;
      }
      block->number = ++number;  // blocks never repeat a number
      messages += writer.write(*block)->messages;
    }
  }
  print_messages(messages);
  return 0;
}
