#include "archive/reader.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "archive/folder.h"
#include "archive/lines_of_file.h"
#include "archive/sorted_entries.h"

namespace firebase_relay::archive {
namespace {

class DayReader {
 public:
  DayReader(const std::filesystem::path& folder, const Question& question, SortedEntries& sorted, ReadSummary& summary)
      : folder_(folder), question_(question), sorted_(sorted), summary_(summary) {}

  /// What a replay has left is opened first, then the plain file: lines that the writer takes out of one stand in the
  /// next by then.
  Result<void> read(Day day, const std::vector<FileName>& replayed) {
    std::vector<std::pair<FileName, File>> left;
    for (const FileName& name : replayed) {
      if (name.day == day) left.emplace_back(name, open(name));
    }
    const File plain = open({day, FileName::Kind::kPlain});
    const File sealed = open({day, FileName::Kind::kSealed});
    if (sealed.is_open())
      tell({day, FileName::Kind::kSealed}, read_sealed(sealed, [&](auto line) { take(day, line); }));
    if (plain.is_open()) tell({day, FileName::Kind::kPlain}, read_plain(plain, [&](auto line) { take(day, line); }));
    for (const auto& [name, file] : left) {
      if (file.is_open()) tell(name, read_plain(file, [&](auto line) { take(day, line); }));
    }
    if (unreadable_ > 0) {
      summary_.flaws.push_back(name_of(day) + ": " + std::to_string(std::exchange(unreadable_, 0)) +
                               " lines are no entries of that day");
    }
    if (!sorted_full_) return error_of(sorted_full_);
    return sorted_.give_all([this](const Line& line) {
      ++summary_.entries;
      goes_on_ = question_.give(line);
      return goes_on_;
    });
  }
  [[nodiscard]] bool goes_on() const { return goes_on_; }

 private:
  File open(const FileName& name) {
    const std::filesystem::path path = folder_ / name.text();
    File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open() && errno != ENOENT) tell(name, std::generic_category().message(errno));
    return file;
  }
  void tell(const FileName& name, const Flaw& flaw) {
    if (!flaw.empty()) summary_.flaws.push_back(name.text() + ": " + flaw);
  }
  void take(Day day, std::string_view text) {
    ++summary_.lines;
    const std::optional<Line> line = parse_line(text);
    if (!line || day_of_key(line->key) != day) {
      ++unreadable_;
    } else if (sorted_full_ && (!question_.wants || question_.wants(*line))) {
      sorted_full_ = sorted_.add(*line);
    }
  }

  const std::filesystem::path& folder_;
  const Question& question_;
  SortedEntries& sorted_;
  ReadSummary& summary_;
  Result<void> sorted_full_;  ///< an error: the runs cannot be written
  std::uint64_t unreadable_ = 0;
  bool goes_on_ = true;
};

/// Days that cannot be listed would look like an archive without any.
Result<void> expect_archive(const std::filesystem::path& folder) {
  constexpr const char* kRemedy = "name the folder that a relay writes with --archive";
  const std::string name = "archive " + folder.string();
  std::error_code error;
  const std::filesystem::directory_iterator listed(folder, error);
  if (error == std::errc::no_such_file_or_directory)
    return fail(ErrorCode::kInvalid, name + ": there is no such folder", kRemedy);
  if (error == std::errc::not_a_directory) return fail(ErrorCode::kInvalid, name + " is no folder", kRemedy);
  if (error) {
    return fail(ErrorCode::kIo, name + " cannot be read: " + error.message(),
                "run this as the user of the relay that writes it; its folder is that user's alone");
  }
  if (day_files_in(folder).empty() && !std::filesystem::exists(folder / "archive.json", error) && !error)
    return fail(ErrorCode::kInvalid, name + " is no archive: it has neither archive.json nor a file of a day", kRemedy);
  if (auto account = Folder::account_of(folder); !account) return error_of(account);
  return {};
}

bool is_asked(const Question& question, Day day) {
  return day >= question.from.value_or(Day::min()) && day <= question.to.value_or(Day::max());
}

/// Days that have a plain file by the account, and have none. The account is asked once more then: it says that a day
/// is sealed before the plain file goes.
std::set<Day> days_without_their_plain_file(const std::filesystem::path& folder) {
  const auto plain_by_account = [&folder] {
    const Result<Account> account = Folder::account_of(folder);
    return account ? account->plain : std::set<Day>();
  };
  std::set<Day> days = plain_by_account();
  std::erase_if(days, [&folder](Day day) {
    std::error_code error;
    return std::filesystem::exists(folder / FileName{day, FileName::Kind::kPlain}.text(), error) || error;
  });
  if (days.empty()) return days;
  const std::set<Day> still = plain_by_account();
  std::erase_if(days, [&still](Day day) { return !still.contains(day); });
  return days;
}

/// Looked for when all was read: a hole that has opened meanwhile counts.
std::vector<std::string> losses_of(const std::filesystem::path& folder, const Question& question) {
  std::map<Day, std::string> lost;
  for (const Day day : days_without_their_plain_file(folder)) {
    const std::string name = FileName{day, FileName::Kind::kPlain}.text();
    lost[day] = "its file " + name + " was taken away, and the lines in it are missing (see docs/archive.md)";
  }
  for (const FileName& file : day_files_in(folder)) {
    if (file.kind == FileName::Kind::kHole) lost[file.day] = "lines of it were lost (a hole, see docs/archive.md)";
  }
  std::vector<std::string> losses;
  for (const auto& [day, what] : lost) {
    if (is_asked(question, day)) losses.push_back(name_of(day) + ": " + what);
  }
  return losses;
}

}  // namespace

Result<ReadSummary> read_archive(const std::filesystem::path& folder, const std::filesystem::path& temporary,
                                 const Question& question, std::uint64_t sort_bytes_max) {
  if (auto expected = expect_archive(folder); !expected) return error_of(expected);
  std::set<Day> days;
  std::vector<FileName> replayed;
  for (const FileName& file : day_files_in(folder)) {
    if (file.kind == FileName::Kind::kReplayed) replayed.push_back(file);
    const bool has_lines = file.kind != FileName::Kind::kHole && file.kind != FileName::Kind::kBeingSealed;
    if (has_lines && is_asked(question, file.day)) days.insert(file.day);
  }
  ReadSummary summary;
  SortedEntries sorted(sort_bytes_max, temporary);
  DayReader reader(folder, question, sorted, summary);
  std::size_t done = 0;
  for (const Day day : days) {
    if (question.progress) question.progress(day, done++, days.size());
    if (auto read = reader.read(day, replayed); !read) return error_of(read);
    if (!reader.goes_on()) break;
  }
  summary.losses = losses_of(folder, question);
  return summary;
}

}  // namespace firebase_relay::archive
