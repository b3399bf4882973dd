#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace firebase_relay::archive {

/// Text that is written in place. What it grows by is not set to zero first, as a std::string's bytes are: that was a
/// third of what it costs to hand history over to the archive (docs/performance.md).
class RawText {
 public:
  RawText() = default;
  explicit RawText(std::string_view text) { append(text); }

  /// Room for `size` bytes in all.
  void reserve(std::size_t size) { bytes_.reserve(size); }
  /// `more` bytes at its end. They hold anything until the caller has written them.
  [[nodiscard]] char* grow(std::size_t more) {
    bytes_.resize(bytes_.size() + more);
    return bytes_.data() + bytes_.size() - more;
  }
  void append(std::string_view text) { std::copy(text.begin(), text.end(), grow(text.size())); }

  /// Valid while nothing is added.
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  /// As std::allocator, but that a byte without a value is not given one.
  template <typename Byte>
  struct Unset : std::allocator<Byte> {
    void construct(Byte* at) noexcept { ::new (static_cast<void*>(at)) Byte; }
    void construct(Byte* at, Byte value) noexcept { ::new (static_cast<void*>(at)) Byte(value); }
  };

  std::vector<char, Unset<char>> bytes_;
};

}  // namespace firebase_relay::archive
