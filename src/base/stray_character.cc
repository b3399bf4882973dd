#include "base/stray_character.h"

#include <array>

namespace firebase_relay {
namespace {

struct Row {
  std::string_view bytes;
  std::string_view at_begin;
  std::string_view at_end;
  bool is_never_meant;
};

constexpr std::array<Row, 12> kRows = {{
    {"\xEF\xBB\xBF", "begins with a byte order mark (U+FEFF): save it as UTF-8 without one",
     "ends with a byte order mark (U+FEFF)", true},
    {"\xFF\xFE", "begins with the mark of UTF-16, as PowerShell's > writes it: save it as UTF-8", "", true},
    {"\xFE\xFF", "begins with the mark of UTF-16: save it as UTF-8", "", true},
    {"\r", "begins with a carriage return (CR)",
     "ends with a carriage return (CR): its file has the line ends of Windows; save it with those of Unix (LF)", true},
    {"\n", "begins with a line break (LF)", "ends with a line break (LF)", true},
    {"\t", "begins with a tab", "ends with a tab", false},
    {" ", "begins with a blank", "ends with a blank", false},
    {"\xC2\xA0", "begins with a no-break space (U+00A0)", "ends with a no-break space (U+00A0)", false},
    {"\xE2\x80\x8B", "begins with a zero-width space (U+200B)", "ends with a zero-width space (U+200B)", false},
    {"\xE2\x80\x9C", "begins with a typographic quote (U+201C)", "ends with a typographic quote (U+201C)", false},
    {"\xE2\x80\x9D", "begins with a typographic quote (U+201D)", "ends with a typographic quote (U+201D)", false},
    {"\xE2\x80\x9E", "begins with a typographic quote (U+201E)", "ends with a typographic quote (U+201E)", false},
}};

}  // namespace

std::optional<Stray> stray_character(std::string_view text) {
  for (const Row& row : kRows) {
    if (text.starts_with(row.bytes)) return Stray{row.at_begin, row.is_never_meant};
    if (!row.at_end.empty() && text.ends_with(row.bytes)) return Stray{row.at_end, row.is_never_meant};
  }
  const bool is_quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  if (is_quoted) return Stray{"stands in quotes, which are part of it (docker run --env-file keeps them)", false};
  return std::nullopt;
}

}  // namespace firebase_relay
