#include "archive/sorted_entries.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "firebase_relay/history_key.h"

namespace firebase_relay::archive {
namespace {

constexpr std::size_t kRunPieceBytes = 1 << 16;

}  // namespace

bool is_before(const Line& a, const Line& b) { return a.key != b.key ? a.key < b.key : a.path < b.path; }

bool is_same_entry(const Line& a, const Line& b) { return a.key == b.key && a.path == b.path; }

Line SortedEntries::line_at(const Place& place) const {
  const std::string_view text = std::string_view(text_).substr(place.offset, place.size);
  const std::string_view path = text.substr(place.path_at, place.path_size);
  return {text, path, path.substr(path.size() - kHistoryKeySize), {}};
}

Result<void> SortedEntries::add(const Line& line) {
  if (!places_.empty() && text_.size() + line.text.size() + places_.size() * sizeof(Place) > bytes_max_) {
    if (auto written = write_run(); !written) return written;
  }
  const auto path_at = static_cast<std::uint16_t>(line.path.data() - line.text.data());
  // A path of the database has 768 bytes at most.
  places_.push_back({text_.size(), static_cast<std::uint32_t>(line.text.size()), path_at,
                     static_cast<std::uint16_t>(std::min<std::size_t>(line.path.size(), UINT16_MAX))});
  text_ += line.text;
  return {};
}

/// Most of it came in order already. Of equal entries the one that came first goes first.
void SortedEntries::sort() {
  std::stable_sort(places_.begin(), places_.end(),
                   [this](const Place& a, const Place& b) { return is_before(line_at(a), line_at(b)); });
}

Error SortedEntries::runs_error(int error) const {
  return {ErrorCode::kIo,
          "a day needs room in " + folder_.string() + " to be sorted: " + std::generic_category().message(error),
          "make room there, or name another folder in TMPDIR"};
}

Error SortedEntries::lost_runs_error(int error) const {
  return {ErrorCode::kIo,
          "what was put into " + folder_.string() +
              " to sort a day cannot be read back: " + std::generic_category().message(error),
          "look at that disk, or name another folder in TMPDIR"};
}

Result<void> SortedEntries::write_run() {
  if (!file_.is_open()) {
    std::string name = (folder_ / "firebase-relay-export-XXXXXX").string();
    file_ = File(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_.is_open()) return tl::unexpected(runs_error(errno));
    ::unlink(name.c_str());
  }
  sort();
  const std::uint64_t begin = runs_.empty() ? 0 : runs_.back().end;
  std::uint64_t end = begin;
  std::string piece;
  const auto flush = [&] {
    const bool ok = file_.append(piece);
    end += piece.size();
    piece.clear();
    return ok;
  };
  for (const Place& place : places_) {
    piece += line_at(place).text;
    piece += '\n';
    if (piece.size() >= kRunPieceBytes && !flush()) return tl::unexpected(runs_error(errno));
  }
  if (!flush()) return tl::unexpected(runs_error(errno));
  runs_.push_back({begin, end});
  text_.clear();
  places_.clear();
  return {};
}

/// The lines of one run, one after the other.
class SortedEntries::RunReader {
 public:
  RunReader(int fd, Run run) : fd_(fd), run_(run) {}

  /// False: there are no more, or error() says why they cannot be had.
  bool next() {
    at_ += line_.text.empty() ? 0 : line_.text.size() + 1;
    std::size_t end = piece_.find('\n', at_);
    while (end == std::string::npos) {
      const std::size_t had = piece_.size() - at_;
      if (!read_more()) return false;
      end = piece_.find('\n', had);
    }
    const std::optional<Line> line = parse_line(std::string_view(piece_).substr(at_, end - at_));
    error_ = line ? 0 : EIO;  // it was one when it was written
    if (line) line_ = *line;
    return line.has_value();
  }
  [[nodiscard]] const Line& line() const { return line_; }
  /// Of the system; 0: none.
  [[nodiscard]] int error() const { return error_; }

 private:
  /// A run ends behind a line, where it ended when it was written: a file that ends before has lost the rest.
  bool read_more() {
    piece_.erase(0, std::exchange(at_, 0));
    if (run_.begin == run_.end) {
      error_ = piece_.empty() ? 0 : EIO;
      return false;
    }
    const std::size_t had = piece_.size();
    piece_.resize(had + static_cast<std::size_t>(std::min<std::uint64_t>(kRunPieceBytes, run_.end - run_.begin)));
    const ssize_t got = ::pread(fd_, piece_.data() + had, piece_.size() - had, static_cast<off_t>(run_.begin));
    if (got <= 0) {
      error_ = got < 0 ? errno : EIO;
      return false;
    }
    piece_.resize(had + static_cast<std::size_t>(got));
    run_.begin += static_cast<std::uint64_t>(got);
    return true;
  }

  int fd_;
  Run run_;
  std::string piece_;
  std::size_t at_ = 0;
  Line line_{};
  int error_ = 0;
};

Result<void> SortedEntries::merge(const std::function<bool(const Line&)>& give) {
  std::vector<RunReader> readers;
  readers.reserve(runs_.size());
  for (const Run& run : runs_) readers.emplace_back(file_.fd(), run);
  // A heap whose top is the smallest; of equal entries that of the earliest run.
  std::vector<RunReader*> heap;
  const auto is_behind = [](const RunReader* a, const RunReader* b) {
    return is_same_entry(a->line(), b->line()) ? a > b : is_before(b->line(), a->line());
  };
  for (RunReader& reader : readers) {
    if (reader.next()) heap.push_back(&reader);
    if (reader.error() != 0) return tl::unexpected(lost_runs_error(reader.error()));
  }
  std::make_heap(heap.begin(), heap.end(), is_behind);
  std::string last_path;
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), is_behind);
    RunReader* reader = heap.back();
    const bool is_new = reader->line().path != last_path;
    last_path = reader->line().path;
    if (is_new && !give(reader->line())) return {};
    if (reader->next()) {
      std::push_heap(heap.begin(), heap.end(), is_behind);
    } else if (reader->error() != 0) {
      return tl::unexpected(lost_runs_error(reader->error()));
    } else {
      heap.pop_back();
    }
  }
  return {};
}

Result<void> SortedEntries::give_all(const std::function<bool(const Line&)>& give) {
  if (!runs_.empty() && !places_.empty()) {
    if (auto written = write_run(); !written) return written;
  }
  Result<void> given;
  if (!runs_.empty()) {
    given = merge(give);
  } else {
    sort();
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (i > 0 && is_same_entry(line_at(places_[i - 1]), line_at(places_[i]))) continue;
      const std::optional<Line> line = parse_line(line_at(places_[i]).text);
      if (line && !give(*line)) break;
    }
  }
  text_.clear();
  places_.clear();
  runs_.clear();
  file_ = File();
  return given;
}

}  // namespace firebase_relay::archive
