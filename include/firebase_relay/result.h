#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace firebase_relay {

/// What went wrong, for the program: exit statuses and decisions hang on it, never on the text.
enum class ErrorCode : std::uint8_t {
  kInvalid,      ///< a setting, file or argument that no reading makes right: the person has to change it
  kUnavailable,  ///< a peer that does not answer now: trying again later may help
  kRefused,      ///< a peer that answered no: credentials, permissions, a limit
  kIo,           ///< a file or disk that failed
  kBusy,         ///< somebody else holds it
  kTooNew,       ///< written by a later version of this program
};

/// A rare failure. Per message there is DeadLetterReason instead, which costs nothing.
struct Error {
  ErrorCode code;
  std::string what;    ///< for the log: what failed and on what
  std::string remedy;  ///< for the person: what to do now; empty when there is nothing
};

/// A value or an Error. [[nodiscard]] on the class: no result is dropped by accident.
/// tl::expected until std::expected is here (C++23).
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// An error, to be returned from a function that gives a Result. `what` and `remedy` as in Error.
inline tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string remedy = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(remedy)});
}

/// Hands on the error of a failed result, whatever its value would have been.
template <class T>
tl::unexpected<Error> error_of(const Result<T>& failed) {
  return tl::unexpected<Error>(failed.error());
}

}  // namespace firebase_relay
