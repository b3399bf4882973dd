#include "bus/message_scanner.h"

#include <algorithm>
#include <cstring>

namespace firebase_relay::bus {
namespace {

using Kind = Scanned::Kind;

constexpr std::string_view kOpening = "*4\r\n$8\r\npmessage\r\n";
constexpr std::string_view kShortestText = "$0\r\n\r\n";
constexpr std::size_t kDigitsMax = 9;  // twice what Redis sends at most, if it is not told otherwise; no sum overflows

/// Goes through the texts of one message.
class Scanner {
 public:
  explicit Scanner(std::string_view bytes) : bytes_(bytes), at_(kOpening.size()) {}

  /// The next text and its length. kCut: size() is what there has to be before more can be said.
  Kind next(std::string_view& text) {
    if (at_ == bytes_.size()) return cut(at_ + kShortestText.size());
    if (bytes_[at_] != '$') return Kind::kOther;
    const std::size_t first = at_ + 1;
    const std::size_t digits_end = std::min(bytes_.size(), first + kDigitsMax);
    std::size_t length = 0;
    std::size_t at = first;
    for (; at < digits_end && bytes_[at] >= '0' && bytes_[at] <= '9'; ++at)
      length = 10 * length + static_cast<std::size_t>(bytes_[at] - '0');
    const std::size_t begin = at + 2;
    if (bytes_.size() < begin) return cut(begin);
    if (at == first || (bytes_[first] == '0' && at > first + 1)) return Kind::kOther;  // hiredis takes no 0 in front
    if (!ends_line(at)) return Kind::kOther;
    if (bytes_.size() < begin + length + 2) return cut(begin + length + 2);
    if (!ends_line(begin + length)) return Kind::kOther;
    text = bytes_.substr(begin, length);
    at_ = begin + length + 2;
    return Kind::kMessage;
  }
  /// Bytes of the message, up to where it has come.
  [[nodiscard]] std::size_t size() const { return at_; }

 private:
  [[nodiscard]] bool ends_line(std::size_t at) const { return bytes_[at] == '\r' && bytes_[at + 1] == '\n'; }
  Kind cut(std::size_t size) {
    at_ = size;
    return Kind::kCut;
  }

  std::string_view bytes_;
  std::size_t at_;
};

}  // namespace

Scanned scan_message(std::string_view bytes) {
  const std::size_t opening = std::min(bytes.size(), kOpening.size());
  Scanned found;
  if (opening < kOpening.size()) {
    if (kOpening.substr(0, opening) == bytes) found = {Kind::kCut, kOpening.size(), {}, {}, {}};
    return found;
  }
  if (std::memcmp(bytes.data(), kOpening.data(), kOpening.size()) != 0) return found;
  Scanner scanner(bytes);
  found.kind = scanner.next(found.pattern);
  if (found.kind == Kind::kMessage) found.kind = scanner.next(found.channel);
  if (found.kind == Kind::kMessage) found.kind = scanner.next(found.payload);
  found.size = scanner.size();
  return found;
}

}  // namespace firebase_relay::bus
