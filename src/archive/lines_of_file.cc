#include "archive/lines_of_file.h"

#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <memory>
#include <new>
#include <system_error>

#include "archive/line.h"

namespace firebase_relay::archive {
namespace {

constexpr std::size_t kPieceBytes = 1 << 18;
constexpr const char* kTooLong = "a line is longer than any that the relay writes";

/// Makes lines of pieces.
class Splitter {
 public:
  explicit Splitter(const std::function<void(std::string_view)>& give) : give_(give) {}

  /// False: a line is too long.
  bool take(std::string_view piece) {
    for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
      if (begun_.empty()) {
        give_(piece.substr(0, end));
      } else {
        begun_ += piece.substr(0, end);
        give_(begun_);
        begun_.clear();
      }
      piece.remove_prefix(end + 1);
    }
    begun_ += piece;
    return begun_.size() <= kLineBytesMax;
  }
  [[nodiscard]] bool is_between_lines() const { return begun_.empty(); }

 private:
  const std::function<void(std::string_view)>& give_;
  std::string begun_;
};

/// The next bytes of `file`. False: it has ended, or, with a flaw, cannot be read.
bool read_piece(const File& file, std::string& piece, Flaw& flaw) {
  piece.resize(kPieceBytes);
  ssize_t got = 0;
  do {
    got = ::read(file.fd(), piece.data(), piece.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) flaw = std::generic_category().message(errno);
  piece.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return got > 0;
}

}  // namespace

Flaw read_plain(const File& file, const std::function<void(std::string_view line)>& give) {
  Splitter lines(give);
  Flaw flaw;
  std::string piece;
  while (read_piece(file, piece, flaw)) {
    if (!lines.take(piece)) return kTooLong;
  }
  return flaw;
}

Flaw read_sealed(const File& file, const std::function<void(std::string_view line)>& give) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  Flaw flaw;
  std::uint64_t lines_since_count = 0;
  bool has_count = false;
  const std::function<void(std::string_view)> count_or_give = [&](std::string_view line) {
    const auto count = parse_count(line);
    if (!count) {
      ++lines_since_count;
      return give(line);
    }
    if (*count != lines_since_count && flaw.empty()) {
      flaw = "it has " + std::to_string(lines_since_count) + " lines where " + std::to_string(*count) + " were sealed";
    }
    lines_since_count = 0;
    has_count = true;
  };
  Splitter lines(count_or_give);
  std::string piece;
  std::string unpacked(ZSTD_DStreamOutSize(), '\0');
  std::size_t left = 0;  // 0: a frame has ended
  bool is_empty = true;
  while (read_piece(file, piece, flaw)) {
    is_empty = false;
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    bool is_full = false;
    while (in.pos < in.size || (is_full && left != 0)) {
      ZSTD_outBuffer out{unpacked.data(), unpacked.size(), 0};
      left = ZSTD_decompressStream(context.get(), &out, &in);
      if (ZSTD_isError(left) != 0) return std::string("it is damaged: ") + ZSTD_getErrorName(left);
      if (!lines.take({unpacked.data(), out.pos})) return kTooLong;
      is_full = out.pos == out.size;
    }
  }
  if (!flaw.empty()) return flaw;
  if (is_empty) return "it is empty, and a sealed file never is";
  // Each frame ends with its count, so a file without any is none that was sealed.
  if (left != 0 || lines_since_count > 0 || !has_count || !lines.is_between_lines()) return "its end is missing";
  return {};
}

}  // namespace firebase_relay::archive
