#include "archive/seal.h"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace firebase_relay::archive {

struct Sealing::Packer {
  Packer() : context(ZSTD_createCCtx()), out(ZSTD_CStreamOutSize(), '\0') {
    if (context == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() { ZSTD_freeCCtx(context); }

  ZSTD_CCtx* context;
  std::string out;
};

Sealing::Sealing(std::filesystem::path folder, Day day)
    : folder_(std::move(folder)), day_(day), packer_(std::make_unique<Packer>()) {}

Sealing::Sealing(Sealing&&) noexcept = default;

Sealing::~Sealing() {
  if (packer_ && !is_done_) ::unlink(path_of(FileName::Kind::kBeingSealed).c_str());
}

std::filesystem::path Sealing::path_of(FileName::Kind kind) const { return folder_ / FileName{day_, kind}.text(); }

Result<Sealing> Sealing::begin(const std::filesystem::path& folder, Day day, Note note) {
  Sealing sealing(folder, day);
  sealing.note_ = std::move(note);
  const auto open = [&sealing](FileName::Kind kind, int flags, File& file) -> Result<void> {
    const std::filesystem::path path = sealing.path_of(kind);
    file = File(::open(path.c_str(), flags | O_CLOEXEC, 0600));
    if (file.is_open()) return {};
    return tl::unexpected(io_error(path, "cannot be opened", errno));
  };
  if (auto opened = open(FileName::Kind::kPlain, O_RDONLY, sealing.plain_); !opened) return error_of(opened);
  if (auto made = open(FileName::Kind::kBeingSealed, O_WRONLY | O_CREAT | O_TRUNC, sealing.made_); !made)
    return error_of(made);
  if (auto opened = open(FileName::Kind::kSealed, O_RDONLY, sealing.sealed_); !opened && errno != ENOENT)
    return error_of(opened);
  return sealing;
}

Result<bool> Sealing::step() {
  const bool copies = sealed_.is_open();
  const File& from = copies ? sealed_ : plain_;
  piece_.resize(kStepBytes);
  const ssize_t got = ::read(from.fd(), piece_.data(), piece_.size());
  if (got < 0 && errno == EINTR) return false;
  if (got < 0) {
    return tl::unexpected(
        io_error(path_of(copies ? FileName::Kind::kSealed : FileName::Kind::kPlain), "cannot be read", errno));
  }
  piece_.resize(static_cast<std::size_t>(got));
  if (copies) {
    if (got == 0) sealed_ = File();
    copied_ += piece_.size();
    if (!made_.append(piece_))
      return tl::unexpected(io_error(path_of(FileName::Kind::kBeingSealed), "cannot be written", errno));
    return false;
  }
  if (got > 0) {
    bytes_before_ += piece_.size();
    lines_ += static_cast<std::uint64_t>(std::count(piece_.begin(), piece_.end(), '\n'));
    last_ = piece_.back();
    if (auto packed = pack(piece_, false); !packed) return error_of(packed);
    return false;
  }
  if (auto finished = finish(); !finished) return error_of(finished);
  return true;
}

Result<void> Sealing::pack(std::string_view lines, bool is_end) {
  ZSTD_inBuffer in{lines.data(), lines.size(), 0};
  for (;;) {
    ZSTD_outBuffer out{packer_->out.data(), packer_->out.size(), 0};
    const std::size_t left = ZSTD_compressStream2(packer_->context, &out, &in, is_end ? ZSTD_e_end : ZSTD_e_continue);
    const std::filesystem::path path = path_of(FileName::Kind::kBeingSealed);
    if (ZSTD_isError(left) != 0)
      return fail(ErrorCode::kIo, path.string() + " cannot be packed: " + ZSTD_getErrorName(left),
                  "please report this");
    if (!made_.append({packer_->out.data(), out.pos}))
      return tl::unexpected(io_error(path, "cannot be written", errno));
    if (is_end ? left == 0 : in.pos == in.size) return {};
  }
}

Result<void> Sealing::finish() {
  // Half a last line is none: what a full disk has left, and could not be cut off.
  if (last_ != '\n') {
    return fail(ErrorCode::kIo, path_of(FileName::Kind::kPlain).string() + " ends in half a line",
                "see whether its disk is full or failing (dmesg); a restart of the relay repairs it");
  }
  const std::string count = "{\"sealed\":" + std::to_string(lines_) + "}\n";
  if (auto packed = pack(count, true); !packed) return packed;
  const std::filesystem::path made = path_of(FileName::Kind::kBeingSealed);
  bytes_after_ = made_.size();
  if (::fsync(made_.fd()) != 0) return tl::unexpected(io_error(made, "cannot be synced", errno));
  if (::rename(made.c_str(), path_of(FileName::Kind::kSealed).c_str()) != 0)
    return tl::unexpected(io_error(made, "cannot be renamed", errno));
  is_done_ = true;
  if (auto synced = sync_folder(folder_); !synced) return synced;
  if (auto noted = note_ ? note_(copied_, bytes_after_) : Result<void>(); !noted) return noted;
  if (::unlink(path_of(FileName::Kind::kPlain).c_str()) != 0)
    return tl::unexpected(io_error(path_of(FileName::Kind::kPlain), "cannot be removed", errno));
  return sync_folder(folder_);
}

}  // namespace firebase_relay::archive
