#include "rtdb_emulator/wire.h"

#include <charconv>

#include "rtdb_emulator/json_writer.h"

namespace rtdb_emulator::wire {
namespace {

using nlohmann::json;

std::string in_quotes(std::string_view text) {
  std::string out;
  write_string(text, out);
  return out;
}

std::string control(std::string_view type, const std::string& data) {
  return R"({"t":"c","d":{"t":")" + std::string(type) + R"(","d":)" + data + "}}";
}

std::string data(const std::string& members) { return R"({"t":"d","d":{)" + members + "}}"; }

/// A frame that is a number announces that many pieces; no JSON of this protocol is so short.
std::optional<std::size_t> count_in(std::string_view frame) {
  constexpr std::size_t kDigitsMax = 6;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(frame.data(), frame.data() + frame.size(), count);
  if (frame.empty() || frame.size() > kDigitsMax || error != std::errc() || end != frame.data() + frame.size())
    return std::nullopt;
  return count;
}

}  // namespace

std::vector<std::string> frames_of(const std::string& message) {
  std::vector<std::string> pieces(1);
  std::size_t units = 0;
  for (std::size_t i = 0; i < message.size();) {
    const auto lead = static_cast<unsigned char>(message[i]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::size_t of_character = bytes == 4 ? 2 : 1;  // beyond 16 bits: a pair
    if (units + of_character > kFrameUnitsMax) {
      pieces.emplace_back();
      units = 0;
    }
    pieces.back().append(message, i, bytes);
    units += of_character;
    i += bytes;
  }
  if (pieces.size() > 1) pieces.insert(pieces.begin(), std::to_string(pieces.size()));
  return pieces;
}

std::optional<std::string> FrameReader::feed(std::string_view frame) {
  if (pieces_to_come_ == 0) {
    message_.clear();
    if (const auto count = count_in(frame)) {
      pieces_to_come_ = *count;  // none: a keep-alive
      return std::nullopt;
    }
    pieces_to_come_ = 1;
  }
  is_broken_ = is_broken_ || frame.size() > kMessageBytesMax - message_.size();
  if (is_broken_) return std::nullopt;
  message_ += frame;
  if (--pieces_to_come_ > 0) return std::nullopt;
  return std::move(message_);
}

std::optional<Message> parse(const std::string& text, std::size_t bytes_max) {
  // nlohmann's writer goes down a level a call, and civetweb's threads have 100 kB of stack: deeper than any value that
  // may be written is no message.
  constexpr int kDepth = static_cast<int>(kDepthMax) + 8;
  bool is_too_deep = false;
  const auto look = [&](int depth, json::parse_event_t, json&) {
    is_too_deep = is_too_deep || depth > kDepth;
    return !is_too_deep;
  };
  json parsed = json::parse(text, look, false);
  if (is_too_deep || !parsed.is_object() || !parsed.contains("t") || !parsed.contains("d")) return std::nullopt;
  json& body = parsed["d"];
  if (!body.is_object()) return std::nullopt;
  if (parsed["t"] == "d" && text.size() > bytes_max) body["a"] = kTooBigAction;
  if (parsed["t"] == "d") return Message{{}, std::move(body)};
  const auto type = body.find("t");
  if (parsed["t"] != "c" || type == body.end() || !type->is_string()) return std::nullopt;
  return Message{type->get<std::string>(), {}};
}

std::string hello(std::string_view host, std::string_view session, std::int64_t now_ms) {
  return control("h", "{\"ts\":" + std::to_string(now_ms) + R"(,"v":"5","h":)" + in_quotes(host) +
                          ",\"s\":" + in_quotes(session) + "}");
}

std::string upgrade() { return control("a", "{}"); }

std::string end_of_transmission() { return control("n", "{}"); }

std::string reset(std::string_view host) { return control("r", in_quotes(host)); }

std::string pong() { return control("o", "null"); }

std::string shutdown(std::string_view reason) { return control("s", in_quotes(reason)); }

std::string complaint(std::string_view text) { return control("e", in_quotes(text)); }

std::string answer(std::int64_t request, std::string_view status, std::string_view value) {
  return data("\"r\":" + std::to_string(request) + ",\"b\":{\"s\":" + in_quotes(status) +
              ",\"d\":" + std::string(value) + "}");
}

std::string refusal(std::int64_t request, std::string_view status, std::string_view text) {
  return answer(request, status, in_quotes(text));
}

std::string push(bool is_merge, const Path& path, std::string_view value, std::string_view tag) {
  std::string members = is_merge ? R"("a":"m","b":{"p":)" : R"("a":"d","b":{"p":)";
  members += in_quotes(join(path)) + ",\"d\":";
  members += value;
  if (!tag.empty()) members += ",\"t\":" + std::string(tag);
  return data(members + "}");
}

std::string cancel(const Path& path, std::string_view query) {
  std::string members = R"("a":"c","b":{"p":)" + in_quotes(join(path));
  if (!query.empty()) members += ",\"q\":[" + std::string(query) + "]";
  return data(members + "}");
}

std::string auth_revoked(std::string_view status, std::string_view text) {
  return data(R"("a":"ac","b":{"s":)" + in_quotes(status) + ",\"d\":" + in_quotes(text) + "}");
}

}  // namespace rtdb_emulator::wire
