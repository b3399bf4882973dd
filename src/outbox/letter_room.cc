#include "outbox/letter_room.h"

#include <algorithm>

namespace firebase_relay::outbox {
namespace {

constexpr std::size_t kWholePayloadMax = 64 << 10;
constexpr std::size_t kCutPayload = 4 << 10;
constexpr std::string_view kSeparators = ":/#";  // of what several channels of one program have in front
constexpr std::size_t kBeginningMin = 3;         // fewer bytes in front of one tell nothing

std::uint64_t bytes_of(const DeadLetter& letter) {
  return letter.channel.size() + kept_of(letter.payload).size() + LetterRoom::kRowBytes;
}

LetterRoom::Usage operator+(const LetterRoom::Usage& a, const LetterRoom::Usage& b) {
  return {a.letters + b.letters, a.bytes + b.bytes};
}

}  // namespace

std::string_view kept_of(std::string_view payload) {
  return payload.substr(0, payload.size() > kWholePayloadMax ? kCutPayload : payload.size());
}

bool LetterRoom::Replaced::admit(UtcMillis arrived_at) {
  const auto now = std::chrono::floor<std::chrono::minutes>(arrived_at);
  if (std::exchange(minute, now) != now) letters = 0;
  return letters++ < kReplacedPerMinute;
}

LetterRoom::Source LetterRoom::source_of(const DeadLetter& letter) {
  return {std::string(name_of(letter.reason)), std::string(family_of(letter.channel))};
}

std::string_view LetterRoom::family_of(std::string_view channel) {
  const std::size_t end = channel.find_first_of(kSeparators, kBeginningMin);
  return end == std::string_view::npos ? channel : channel.substr(0, end + 1);
}

std::string LetterRoom::end_of_family(std::string_view family) {
  std::string end(family);
  if (family.size() > kBeginningMin && kSeparators.find(family.back()) != std::string_view::npos) {
    ++end.back();
  } else {
    end += '\0';  // right behind the one channel
  }
  return end;
}

void LetterRoom::clear() {
  all_ = {};
  sources_.clear();
}

void LetterRoom::stored(Source source, const Usage& usage) {
  Usage& of_source = sources_[std::move(source)];
  of_source = of_source + usage;
  all_ = all_ + usage;
}

void LetterRoom::added(const DeadLetter& letter) { stored(source_of(letter), {1, bytes_of(letter)}); }

void LetterRoom::evicted(const Source& source, std::uint64_t bytes) {
  const auto found = sources_.find(source);
  for (Usage* usage : {&all_, &found->second}) {
    --usage->letters;
    usage->bytes -= bytes;
  }
  if (found->second.letters > 0) return;
  sources_.erase(found);
  replaced_.erase(source);
}

bool LetterRoom::is_share_over(const Usage& of_source) const {
  return of_source.letters > std::max(limits_.letters_max / 10, kSourceLettersMin) ||
         (of_source.bytes > limits_.bytes_max / 10 && of_source.letters > kSourceLettersMin);
}

bool LetterRoom::is_over(const Source& source) const {
  const auto found = sources_.find(source);
  return found != sources_.end() && is_share_over(found->second);
}

std::vector<const DeadLetter*> LetterRoom::those_to_keep(std::span<const DeadLetter> letters) {
  std::vector<const DeadLetter*> kept;
  std::map<Source, Usage> coming;
  Usage all_coming;
  // The newest first: they are what stays.
  for (auto letter = letters.rbegin(); letter != letters.rend(); ++letter) {
    const Source source = source_of(*letter);
    const Usage of_this{1, bytes_of(*letter)};
    const Usage of_source = coming[source] + of_this;
    if (!admit(*letter, source, of_source, all_coming + of_this)) continue;
    coming[source] = of_source;
    all_coming = all_coming + of_this;
    kept.push_back(&*letter);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

/// `of_source` and `of_all`: what comes with this call, `letter` among it.
bool LetterRoom::admit(const DeadLetter& letter, const Source& source, const Usage& of_source, const Usage& of_all) {
  if (is_share_over(of_source) || is_over(of_all)) return false;
  const auto found = sources_.find(source);
  if (found != sources_.end() && is_share_over(found->second + of_source))
    return replaced_[source].admit(letter.arrived_at);
  return !is_over(all_ + of_all) || replaced_of_others_[source.first].admit(letter.arrived_at);
}

}  // namespace firebase_relay::outbox
