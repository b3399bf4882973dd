// Answers as Redis 7.0 and 6.2 give them.
#include "bus/stream_replies.h"

#include <gtest/gtest.h>

#include <string>

#include "bus/hiredis_reader.h"
#include "bus/wire.h"

namespace firebase_relay::bus {
namespace {

ReplyTree tree(std::string_view bytes) {
  const ReaderHandle reader = make_tree_reader();
  void* made = nullptr;
  EXPECT_EQ(feed_reply(*reader, bytes, made), ReplyState::kWhole);
  return tree_of(made);
}

std::string number(int value) { return ":" + std::to_string(value) + "\r\n"; }

const std::string kEntry = "*2\r\n" + bulk("1-4") + "*2\r\n" + bulk("data") + bulk("x");

TEST(StreamReplies, TellAStreamOfRedis7) {
  const ReplyTree reply =
      tree("*20\r\n" + bulk("length") + number(3) + bulk("radix-tree-keys") + number(1) + bulk("radix-tree-nodes") +
           number(2) + bulk("last-generated-id") + bulk("1-9") + bulk("max-deleted-entry-id") + bulk("1-7") +
           bulk("entries-added") + number(9) + bulk("recorded-first-entry-id") + bulk("1-4") + bulk("groups") +
           number(1) + bulk("first-entry") + kEntry + bulk("last-entry") + kEntry);
  const auto info = read_stream_info(*reply);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->length, 3u);
  EXPECT_EQ(info->last_generated, (StreamId{1, 9}));
  EXPECT_EQ(info->first, (StreamId{1, 4}));
  EXPECT_EQ(info->added, 9u);
  EXPECT_EQ(info->max_deleted, (StreamId{1, 7}));
}

TEST(StreamReplies, TellAnEmptyStreamOfRedis6) {
  const ReplyTree reply = tree("*8\r\n" + bulk("length") + number(0) + bulk("last-generated-id") + bulk("1-9") +
                               bulk("first-entry") + "$-1\r\n" + bulk("last-entry") + "$-1\r\n");
  const auto info = read_stream_info(*reply);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->first, std::nullopt);
  EXPECT_EQ(info->added, std::nullopt);
  EXPECT_EQ(info->max_deleted, std::nullopt);
}

TEST(StreamReplies, TellOurGroupAmongOthers) {
  const auto group = [](std::string_view name, const std::string& read) {
    return "*12\r\n" + bulk("name") + bulk(name) + bulk("consumers") + number(2) + bulk("pending") + number(5) +
           bulk("last-delivered-id") + bulk("1-2") + bulk("entries-read") + read + bulk("lag") + number(0);
  };
  const ReplyTree reply = tree("*2\r\n" + group("a", number(8)) + group("b", "$-1\r\n"));
  const GroupAnswer a = read_group_info(*reply, "a");
  ASSERT_TRUE(a.is_known && a.group);
  EXPECT_EQ(a.group->last_delivered, (StreamId{1, 2}));
  EXPECT_EQ(a.group->entries_read, 8u);
  EXPECT_EQ(a.group->users.consumers, 2u);
  EXPECT_EQ(a.group->users.pending, 5u);
  EXPECT_EQ(read_group_info(*reply, "b").group->entries_read, std::nullopt);
  EXPECT_TRUE(read_group_info(*reply, "c").is_known);
  EXPECT_FALSE(read_group_info(*reply, "c").group);
}

TEST(StreamReplies, TellWhoAnswersHello) {
  const ReplyTree reply =
      tree("*6\r\n" + bulk("proto") + number(2) + bulk("mode") + bulk("standalone") + bulk("role") + bulk("master"));
  EXPECT_EQ(read_hello(*reply).mode, "standalone");
  EXPECT_EQ(read_hello(*reply).role, "master");
}

TEST(StreamReplies, TellWhatACommitFound) {
  const ReplyTree moved = tree("*3\r\n" + bulk("1-2") + number(1) + number(4));
  const CommitAnswer found = read_commit(*moved);
  ASSERT_TRUE(found.is_known && found.group);
  EXPECT_EQ(found.group->before, (StreamId{1, 2}));
  EXPECT_EQ(found.group->users.consumers, 1u);
  EXPECT_EQ(found.group->users.pending, 4u);
  const CommitAnswer none = read_commit(*tree("$-1\r\n"));
  EXPECT_TRUE(none.is_known) << "there is no such group";
  EXPECT_FALSE(none.group);
}

TEST(StreamReplies, OfAnotherFormTellNothing) {
  for (const std::string& odd :
       {std::string("+OK\r\n"), number(1), std::string("*0\r\n"), std::string("*1\r\n:1\r\n"),
        "*2\r\n" + bulk("length") + bulk("x"), std::string("*2\r\n*0\r\n*0\r\n"), std::string("$-1\r\n")}) {
    EXPECT_FALSE(read_stream_info(*tree(odd))) << odd;
    EXPECT_FALSE(read_commit(*tree(odd)).group) << odd;
    EXPECT_FALSE(read_group_info(*tree(odd), "a").group) << odd;
    EXPECT_EQ(read_hello(*tree(odd)).role, "") << odd;
  }
  EXPECT_FALSE(read_group_info(*tree("*1\r\n*0\r\n"), "a").is_known);
  EXPECT_FALSE(read_commit(*tree("+OK\r\n")).is_known);
  EXPECT_FALSE(read_commit(*tree("*3\r\n" + bulk("1-2") + number(0) + "$-1\r\n")).is_known);
}

}  // namespace
}  // namespace firebase_relay::bus
