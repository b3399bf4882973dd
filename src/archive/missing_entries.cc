#include "archive/missing_entries.h"

#include <fcntl.h>

#include <optional>
#include <string_view>
#include <unordered_set>

#include "archive/file.h"
#include "archive/folder.h"
#include "archive/lines_of_file.h"

namespace firebase_relay::archive {

/// What a replay has left is opened first, then the plain file, then the sealed one: so lines may go on.
void read_lines_of(const std::filesystem::path& folder, Day day, const std::function<void(const Line&)>& give) {
  const auto open = [&folder](const FileName& name) {
    return File(::open((folder / name.text()).c_str(), O_RDONLY | O_CLOEXEC));
  };
  const auto found = [&give](std::string_view text) {
    if (const std::optional<Line> line = parse_line(text)) give(*line);
  };
  std::vector<File> plain;
  for (const FileName& name : day_files_in(folder)) {
    if (name.day == day && name.kind == FileName::Kind::kReplayed) plain.push_back(open(name));
  }
  plain.push_back(open({day, FileName::Kind::kPlain}));
  const File sealed = open({day, FileName::Kind::kSealed});
  for (const File& file : plain) {
    if (file.is_open()) static_cast<void>(read_plain(file, found));
  }
  if (sealed.is_open()) static_cast<void>(read_sealed(sealed, found));
}

std::uint64_t count_missing(const std::filesystem::path& folder, Day day, const std::vector<std::string>& keys) {
  std::unordered_set<std::string_view> missing(keys.begin(), keys.end());
  read_lines_of(folder, day, [&missing](const Line& line) { missing.erase(line.key); });
  return missing.size();
}

}  // namespace firebase_relay::archive
