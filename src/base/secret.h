#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace firebase_relay {

/// Overwrites `text`, all that its buffer holds, and empties it.
void wipe(std::string& text) noexcept;

/// A text that nobody may see: a token, a password, a key. Its memory is overwritten when it goes. It has no operator
/// << and turns into no other text by itself, so that it gets into no log by accident.
/// Copies that libraries make of it (libcurl's and OpenSSL's buffers) are beyond its reach.
class Secret {
 public:
  Secret() = default;
  /// Takes `text` over, and wipes what is left of it.
  explicit Secret(std::string&& text) : text_(std::move(text)) { wipe(text); }
  explicit Secret(std::string_view text) : text_(text) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
  Secret& operator=(Secret other) noexcept {
    text_.swap(other.text_);
    return *this;
  }
  ~Secret() { wipe(text_); }

  bool operator==(const Secret&) const = default;

  /// Is there no secret?
  [[nodiscard]] bool empty() const { return text_.empty(); }
  /// The text itself, for whoever has to send it; the view lives no longer than this object.
  [[nodiscard]] std::string_view reveal() const { return text_; }

 private:
  std::string text_;
};

/// `text` of somebody else with `***` for `secret` wherever it stands in it, and for its beginning, where that was cut
/// short: what answers us may repeat what we have sent. Beginnings of fewer than eight bytes stay.
std::string without(std::string_view text, std::string_view secret);

/// From now on this process leaves no core file, and other processes of the same user cannot read its memory or its
/// environment (Linux' PR_SET_DUMPABLE; RLIMIT_CORE for systems that write cores all the same). A debugger needs root.
void forbid_core_dumps() noexcept;

}  // namespace firebase_relay
