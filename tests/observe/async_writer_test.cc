#include "observe/async_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "observe/pipe_pair.h"

namespace firebase_relay::observe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Empties `pipe` until `writer` has nothing left to write.
std::string drain(AsyncWriter& writer, const PipePair& pipe) {
  std::string text;
  while (!writer.flush(milliseconds(1))) text += pipe.read_available();
  return text + pipe.read_available();
}

TEST(AsyncWriter, WritesInTheOrderOfThePushes) {
  PipePair pipe;
  AsyncWriter writer(pipe.write_end(), 1000);

  writer.push("one\n");
  writer.push("two\n");

  ASSERT_TRUE(writer.flush(seconds(10)));
  EXPECT_EQ(pipe.read_available(), "one\ntwo\n");
}

TEST(AsyncWriter, WritesWhatIsLeftWhenItCloses) {
  PipePair pipe;
  {
    AsyncWriter writer(pipe.write_end(), 1000);
    writer.push("last words\n");
  }
  EXPECT_EQ(pipe.read_available(), "last words\n");
}

TEST(AsyncWriter, DropsAndCountsTheOldestWhenNobodyReads) {
  PipePair pipe;
  const std::size_t filled = pipe.fill();
  AsyncWriter writer(pipe.write_end(), 20);
  for (int i = 0; i < 100; ++i) writer.push("line " + std::to_string(100 + i) + "\n");  // nine bytes each

  const std::string text = drain(writer, pipe).substr(filled);

  const auto written = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  EXPECT_TRUE(text.ends_with("line 198\nline 199\n")) << text;
  EXPECT_EQ(written + writer.dropped_lines(), 100u);
  EXPECT_LE(written, 3u);  // two wait, one was being written
}

TEST(AsyncWriter, CountsEveryLineOfATextItDrops) {
  PipePair pipe;
  AsyncWriter writer(pipe.write_end(), 4);

  writer.push("1\n2\n3\n");

  EXPECT_EQ(writer.dropped_lines(), 3u);
}

TEST(AsyncWriter, EndsInTimeAlthoughNobodyReads) {
  auto pipe = std::make_unique<PipePair>();
  pipe->fill();
  AsyncWriter writer(pipe->write_end(), 1000);
  writer.push("stuck\n");
  writer.push("behind it\n");

  writer.close(milliseconds(20));

  EXPECT_GE(writer.dropped_lines(), 1u);
  pipe->close_read_end();  // ends the write that was left behind, before the pipe goes
  EXPECT_TRUE(writer.flush(seconds(10)));
}

TEST(AsyncWriter, TakesAReaderThatWentAwayForALossAndNoSignal) {
  PipePair pipe;
  pipe.close_read_end();
  AsyncWriter writer(pipe.write_end(), 1000);

  writer.push("to nobody\n");

  ASSERT_TRUE(writer.flush(seconds(10)));
  EXPECT_EQ(writer.dropped_lines(), 1u);
}

TEST(AsyncWriter, DropsWhatComesAfterTheClose) {
  PipePair pipe;
  AsyncWriter writer(pipe.write_end(), 1000);
  writer.close(seconds(10));

  writer.push("too late\n");

  EXPECT_EQ(writer.dropped_lines(), 1u);
  EXPECT_EQ(pipe.read_available(), "");
}

TEST(AsyncWriter, TakesTextFromManyThreadsAtOnce) {
  PipePair pipe;
  AsyncWriter writer(pipe.write_end(), 1'000'000);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) writer.push("line\n");
      });
    }
  }

  const std::string text = drain(writer, pipe);

  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4000);
  EXPECT_EQ(writer.dropped_lines(), 0u);
}

}  // namespace
}  // namespace firebase_relay::observe
