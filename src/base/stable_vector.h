#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace firebase_relay {

/// A vector whose elements stay where they are as it grows. Unlike std::deque, whose pieces hold 512 bytes, it finds an
/// element without dividing, and mostly without missing the cache: the table of its pieces is small.
///
/// Memory: pieces of 64 elements, made when the first of them is needed; kept. Threads: one.
template <class Element>
class StableVector {
 public:
  [[nodiscard]] Element& operator[](std::size_t i) { return (*pieces_[i / kPiece])[i % kPiece]; }
  [[nodiscard]] const Element& operator[](std::size_t i) const { return (*pieces_[i / kPiece])[i % kPiece]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Adds one as it is by default.
  void grow() {
    if (size_ == pieces_.size() * kPiece) pieces_.push_back(std::make_unique<std::array<Element, kPiece>>());
    ++size_;
  }

 private:
  static constexpr std::size_t kPiece = 64;
  std::vector<std::unique_ptr<std::array<Element, kPiece>>> pieces_;
  std::size_t size_ = 0;
};

}  // namespace firebase_relay
