#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "archive/day_lines.h"
#include "archive/reader.h"
#include "archive/writer.h"
#include "firebase_relay/history_key.h"
#include "support/temp_dir.h"

namespace firebase_relay::archive {

/// A folder, and lines for it.
class ArchiveTest : public testing::Test {
 protected:
  static constexpr Day kDay = Day(std::chrono::year(2026) / 11 / 27);
  static UtcMillis at(Day day, std::chrono::milliseconds time) { return UtcMillis(day) + time; }

  static std::string line(UtcMillis time, std::uint64_t number, const std::string& place = "history/AAPL/prices") {
    const HistoryKey key(time, {number, number}, 0);
    return "{\"" + place + "/" + std::string(key.text()) + "\":{\"price\":" + std::to_string(number) + "}}";
  }
  /// Lines of `day`, a second from each to the next.
  static DayLines lines(Day day, std::uint64_t first, std::uint64_t count) {
    DayLines result{day, {}, count};
    for (std::uint64_t i = first; i < first + count; ++i)
      result.text.append(line(at(day, std::chrono::seconds(i)), i) + "\n");
    return result;
  }
  [[nodiscard]] std::filesystem::path folder() const { return dir_.file("archive"); }
  [[nodiscard]] std::filesystem::path file(Day day, FileName::Kind kind) const {
    return folder() / FileName{day, kind}.text();
  }
  static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) found.insert(entry.path().filename());
    return found;
  }
  Folder take(const std::string& boot = "first-boot") {
    auto folder = Folder::take(this->folder(), boot);
    if (!folder) throw std::runtime_error(folder.error().what);
    return std::move(*folder);
  }
  void seal(Day day) {
    auto sealing = Sealing::begin(folder(), day);
    ASSERT_TRUE(sealing) << sealing.error().what;
    Result<bool> done = false;
    while (done && !*done) done = sealing->step();
    ASSERT_TRUE(done) << done.error().what;
  }
  void append(const DayLines& lines) {
    std::filesystem::create_directories(folder());
    auto file = DayFile::open(folder(), lines.day);
    ASSERT_TRUE(file) << file.error().what;
    ASSERT_TRUE(file->append({&lines, 1}));
  }
  /// All entries, as lines.
  std::vector<std::string> read(Question question = {}, std::uint64_t sort_bytes_max = kSortBytesMax) {
    std::vector<std::string> all;
    question.give = [&all](const Line& line) {
      all.emplace_back(line.text);
      return true;
    };
    auto summary = read_archive(folder(), std::filesystem::temp_directory_path(), question, sort_bytes_max);
    EXPECT_TRUE(summary) << (summary ? "" : summary.error().what);
    if (summary) summary_ = std::move(*summary);
    return all;
  }

  test_support::TempDir dir_;
  ReadSummary summary_;
  std::ostringstream log_;
  spdlog::logger logger_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(log_)};
  observe::Metrics metrics_{"test"};
  observe::ArchiveEvents events_{metrics_, logger_};
};

}  // namespace firebase_relay::archive
