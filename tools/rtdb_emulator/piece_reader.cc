#include "rtdb_emulator/piece_reader.h"

#include <charconv>
#include <iterator>

#include "rtdb_emulator/base64.h"
#include "rtdb_emulator/wire.h"

namespace rtdb_emulator {
namespace {

std::optional<std::uint64_t> number_in(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> PieceReader::feed(const Parameters& parameters) {
  for (std::size_t i = 0; parameters.contains("seg" + std::to_string(i)); ++i) {
    const std::string index = std::to_string(i);
    const auto number = number_in(parameters, "seg" + index);
    const auto of = number_in(parameters, "ts" + index);
    const auto data = parameters.find("d" + index);
    if (!number || !of || *of == 0 || data == parameters.end()) return std::nullopt;
    if (*number < next_ || !pieces_.try_emplace(*number, Piece{*of, data->second}).second) continue;  // came before
    bytes_ += data->second.size();
    if (bytes_ > wire::kMessageBytesMax) return std::nullopt;
  }
  std::vector<std::string> messages;
  while (has_message()) {
    const std::size_t of = pieces_.begin()->second.of;
    std::string base64;
    for (std::size_t k = 0; k < of; ++k) base64 += pieces_.extract(pieces_.begin()).mapped().base64;
    next_ += of;
    bytes_ -= base64.size();
    auto text = base64url_decoded(base64);
    if (!text) return std::nullopt;
    messages.push_back(*std::move(text));
  }
  return messages;
}

/// Whether all pieces of the next one have come.
bool PieceReader::has_message() const {
  if (pieces_.empty() || pieces_.begin()->first != next_) return false;
  const std::size_t of = pieces_.begin()->second.of;
  // Numbers rise and none is below the next: the last one is in its place only where none is missing before it.
  return pieces_.size() >= of &&
         std::next(pieces_.begin(), static_cast<std::ptrdiff_t>(of) - 1)->first == next_ + of - 1;
}

}  // namespace rtdb_emulator
