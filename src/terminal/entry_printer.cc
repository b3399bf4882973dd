#include "terminal/entry_printer.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "observe/printable.h"
#include "terminal/commands.h"
#include "terminal/complain.h"

namespace firebase_relay::terminal {
namespace {

constexpr std::size_t kWriteBytes = 1 << 18;

}  // namespace

void say_of_export(const std::string& text) { std::fprintf(stderr, "export: %s\n", observe::printable(text).c_str()); }

bool EntryPrinter::print(const archive::Line& line) {
  ++entries_;
  if (is_csv_) {
    csv_.append(line, waiting_);
  } else {
    waiting_.append(line.text) += '\n';
  }
  return waiting_.size() < kWriteBytes || flush();
}

bool EntryPrinter::flush() {
  const bool ok =
      std::fwrite(waiting_.data(), 1, waiting_.size(), stdout) == waiting_.size() && std::fflush(stdout) == 0;
  if (!ok && error_ == 0) error_ = errno;
  waiting_.clear();
  return ok;
}

void EntryPrinter::show_progress(archive::Day day, std::size_t done, std::size_t all) const {
  if (::isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\rexport: %s, day %zu of %zu, %llu entries\x1b[K", archive::name_of(day).c_str(), done + 1, all,
               static_cast<unsigned long long>(entries_));
}

void EntryPrinter::clear_progress() {
  if (::isatty(STDERR_FILENO) != 0) std::fputs("\r\x1b[K", stderr);
}

int EntryPrinter::report(const archive::ReadSummary& summary) const {
  clear_progress();
  for (const std::string& flaw : summary.flaws) complain({ErrorCode::kIo, "export: " + flaw, "the rest is exported"});
  for (const std::string& loss : summary.losses) say_of_export(loss);
  if (csv_.unreadable() > 0) {
    complain({ErrorCode::kIo, "export: " + std::to_string(csv_.unreadable()) + " entries are no JSON",
              "--format jsonl gives them as they are"});
  }
  report_columns();
  if (error_ != 0 && error_ != EPIPE)
    complain({ErrorCode::kIo, std::string("export: cannot write: ") + std::strerror(error_), ""});
  return summary.flaws.empty() && csv_.unreadable() == 0 && error_ == 0 ? kExitOk : kExitFailed;
}

/// What a person who looks at the table alone would not see.
void EntryPrinter::report_columns() const {
  if (csv_.cut() > 0) {
    std::string names;
    for (const std::string& name : csv_.cut_fields()) names += (names.empty() ? "" : ", ") + name;
    say_of_export(std::to_string(csv_.cut()) + " entries have fields without a column, such as " + names +
                  "; choose columns with --fields");
  }
  for (const std::string& name : csv_.never_found()) {
    say_of_export(
        "no entry has a field " + name +
        ", so its column is empty; a field within others goes by all their names, such as order_data/order/id");
  }
}

}  // namespace firebase_relay::terminal
