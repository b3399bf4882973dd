// An archive's lines and files, whoever wrote them: an entry or none, and what is sealed is read as far as it is sound.
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "archive/line.h"
#include "archive/lines_of_file.h"
#include "archive/sorted_entries.h"
#include "fuzz/demand.h"

using namespace firebase_relay;
using fuzz::demand;

namespace {

/// The bytes as a file without a name.
archive::File file_of(std::string_view bytes) {
  std::string name = "/tmp/relay-fuzz-XXXXXX";
  archive::File file(::mkstemp(name.data()));
  ::unlink(name.c_str());
  demand(file.append(bytes) && ::lseek(file.fd(), 0, SEEK_SET) == 0, "no file", name);
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  std::uint64_t lines = 0;
  archive::SortedEntries sorted(100, "/tmp");
  (void)archive::read_plain(file_of(text), [&](std::string_view each) {
    ++lines;
    const auto line = archive::parse_line(each);
    if (!line) return;
    const std::string again = "{\"" + std::string(line->path) + "\":" + std::string(line->value) + "}";
    demand(again == each, "another line", each);
    demand(sorted.add(*line).has_value(), "not sorted", each);
  });
  std::string last;
  (void)sorted.give_all([&](const archive::Line& line) {
    demand(last <= line.key, "out of order", line.text);
    last = line.key;
    return true;
  });
  demand(lines <= text.size(), "more lines than bytes", text);
  (void)archive::read_sealed(file_of(text), [](std::string_view) {});
  return 0;
}
