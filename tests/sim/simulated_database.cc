#include "sim/simulated_database.h"

#include <algorithm>
#include <utility>

#include "sim/ledger.h"

namespace firebase_relay::sim {
namespace {

using std::chrono::milliseconds;

Answer status(int code) {
  Answer answer;
  answer.status = code;
  return answer;
}

Answer no_answer(Answer::Transport transport) {
  Answer answer;
  answer.transport = transport;
  return answer;
}

}  // namespace

std::vector<SimulatedDatabase::Write> SimulatedDatabase::parse(const Send& send) {
  std::string body;
  body.reserve(send.bytes);
  for (const std::string_view part : send.parts) body += part;
  std::vector<Write> writes;
  const std::string prefix = send.base.empty() ? "" : send.base + "/";
  // {"path":value,"path":value}: neither paths nor values of the simulation hold quotes, colons, commas or braces.
  for (std::size_t at = 1; at < body.size();) {
    const std::size_t path_end = body.find('"', at + 1);
    const std::size_t value_end = body.find_first_of(",}", path_end);
    Write& write = writes.emplace_back();
    write.path.reserve(prefix.size() + path_end - at - 1);
    write.path.append(prefix).append(body, at + 1, path_end - at - 1);
    write.value.assign(body, path_end + 2, value_end - path_end - 2);
    at = value_end + 1;
  }
  return writes;
}

std::optional<Answer> SimulatedDatabase::refusal(const Send& send, const std::vector<Write>& writes) const {
  if (send.bytes > body_bytes_max) return status(413);
  if (size_limit_at_root && send.base.empty()) {
    Answer answer = status(400);
    answer.write_too_big = true;
    return answer;
  }
  const bool poisoned =
      std::any_of(writes.begin(), writes.end(), [](const Write& write) { return write.value.starts_with("\"poison"); });
  return poisoned ? std::optional(status(400)) : std::nullopt;
}

void SimulatedDatabase::receive(const Send& send, std::vector<Write> writes, const Now& now, Random& random,
                                const FaultRates& faults, milliseconds request_timeout) {
  ++requests_;
  OnTheWire request{send.request, std::move(writes), {}, {}, {}, status(204), false, false, false, {}};
  request.is_live =
      std::any_of(request.writes.begin(), request.writes.end(), [](const Write& write) { return write.is_live(); });
  for (const OnTheWire& other : wire_) {
    if (request.is_live && other.is_live && other.answer_at) violation_ = "two live requests are under way";
  }
  const auto latency =
      milliseconds(random.chance(faults.slow) ? random.between(300, 4000) : random.between(1, kLatencyMax.count()));
  const SteadyTime answer_at = now.steady + latency;
  const SteadyTime apply_at = now.steady + latency / 2;
  request.answer_at = answer_at;
  request.settles_at = answer_at + request_timeout;
  std::uint64_t draw = random.below(100);
  const auto hits = [&](unsigned percent) {
    const bool hit = draw < percent;
    draw = hit ? 0 : draw - percent;
    return hit;
  };
  if (hits(faults.unavailable)) {
    constexpr int kStatus[] = {503, 429};
    request.answer = status(kStatus[random.below(2)]);
    if (random.chance(20)) request.answer.retry_after = milliseconds(random.between(0, 3000));
  } else if (hits(faults.held)) {
    constexpr int kStatus[] = {401, 403, 402, 404, 423, 302};
    request.answer = status(kStatus[random.below(6)]);
  } else if (hits(faults.unreachable)) {
    constexpr Answer::Transport kWays[] = {Answer::Transport::kConnect, Answer::Transport::kDns,
                                           Answer::Transport::kTls};
    request.answer = no_answer(kWays[random.below(3)]);
  } else if (hits(faults.lost_before)) {
    request.answer = no_answer(random.chance(50) ? Answer::Transport::kReset : Answer::Transport::kTimeout);
  } else if (const auto refused = refusal(send, request.writes)) {
    request.answer = *refused;
    const Write& first = request.writes.front();
    if (request.writes.size() == 1) refused_[first.path] = std::max(refused_[first.path], number_of(first.value));
  } else if (hits(faults.server_error)) {
    constexpr int kStatus[] = {500, 502, 504, 408, 200, 202};  // the last two give nothing back
    request.answer = status(kStatus[random.below(6)]);
    if (random.chance(50)) request.apply_at = apply_at;
  } else if (hits(faults.lost_after)) {
    request.apply_at = apply_at;
    request.answer = no_answer(random.chance(50) ? Answer::Transport::kReset : Answer::Transport::kTimeout);
  } else if (hits(faults.straggler)) {
    request.is_straggler = true;
    request.apply_at =
        answer_at + milliseconds(random.between(0, static_cast<std::uint64_t>(request_timeout.count()) - 1));
    request.answer = no_answer(Answer::Transport::kReset);
  } else {
    request.apply_at = apply_at;
  }
  const bool is_well = request.answer.transport == Answer::Transport::kAnswered && request.answer.status == 204;
  if (!is_well || latency > kLatencyMax) troubled_until_ = std::max(troubled_until_, answer_at);
  wire_.push_back(std::move(request));
}

std::vector<SimulatedDatabase::Reply> SimulatedDatabase::proceed(const Now& now) {
  std::vector<OnTheWire*> due;
  for (OnTheWire& request : wire_) {
    if (request.apply_at && *request.apply_at <= now.steady) due.push_back(&request);
  }
  std::stable_sort(due.begin(), due.end(),
                   [](const OnTheWire* a, const OnTheWire* b) { return *a->apply_at < *b->apply_at; });
  for (OnTheWire* request : due) {
    apply(*request);
    request->apply_at.reset();
  }
  std::vector<Reply> replies;
  for (OnTheWire& request : wire_) {
    if (!request.answer_at || *request.answer_at > now.steady) continue;
    replies.push_back({request.request, request.answer, *request.answer_at});
    request.answer_at.reset();
  }
  std::erase_if(wire_, [](const OnTheWire& request) { return !request.apply_at && !request.answer_at; });
  return replies;
}

void SimulatedDatabase::apply(const OnTheWire& request) {
  for (const Write& write : request.writes) {
    const std::uint64_t number = std::stoull(write.value);
    if (!write.is_live()) {
      const auto [entry, is_new] = history_.try_emplace(write.path, number);
      if (!is_new && entry->second != number) violation_ = write.path + " was written with two values";
      continue;
    }
    std::uint64_t& newest = newest_[write.path];
    if (number < newest && !request.is_straggler) {
      violation_ = write.path + " went back from " + std::to_string(newest) + " to " + write.value;
    }
    if (number < newest && !request.was_cut_off) {
      SteadyTime& settles_at = unsettled_[write.path];
      settles_at = std::max(settles_at, request.settles_at);
    } else if (const auto found = unsettled_.find(write.path); number >= newest && found != unsettled_.end()) {
      settled_ += *request.apply_at >= found->second ? 1 : 0;
      unsettled_.erase(found);
    }
    if (!request.unremembered.contains(write.path)) newest = std::max(newest, number);
    live_[write.path] = number;
    reached_[write.path] = std::max(reached_[write.path], number);
    if (request.was_cut_off) {
      excused_.insert(write.path);
    } else if (!request.is_straggler) {
      excused_.erase(write.path);
    }
  }
}

std::string SimulatedDatabase::unsettled(SteadyTime time) const {
  const auto is_due = [time](const auto& path) { return path.second < time; };
  const auto found = std::find_if(unsettled_.begin(), unsettled_.end(), is_due);
  return found == unsettled_.end() ? "" : found->first;
}

SteadyTime SimulatedDatabase::next() const {
  SteadyTime next = SteadyTime::max();
  for (const OnTheWire& request : wire_) {
    if (request.apply_at) next = std::min(next, *request.apply_at);
    if (request.answer_at) next = std::min(next, *request.answer_at);
  }
  return next;
}

void SimulatedDatabase::relay_killed(Random& random) {
  for (OnTheWire& request : wire_) {
    request.answer_at.reset();
    if (request.apply_at && random.chance(50)) request.apply_at.reset();
    if (!request.apply_at) continue;
    request.is_straggler = true;  // it may land after its successor, and nobody remembers it
    request.was_cut_off = true;
  }
  std::erase_if(wire_, [](const OnTheWire& request) { return !request.apply_at; });
  for (const auto& [path, number] : live_) {
    if (number < newest_[path])
      excused_.insert(path);  // a straggler came, and the kill forgot to send the newest again
  }
  unsettled_.clear();
}

void SimulatedDatabase::relay_stopped(Random& random, SteadyTime applied_by, SteadyTime settles_at) {
  for (OnTheWire& request : wire_) {
    request.answer_at.reset();
    if (request.apply_at && random.chance(50)) request.apply_at.reset();
    if (request.apply_at) request.apply_at = std::min(*request.apply_at, applied_by);
    request.is_straggler = true;
    request.settles_at = settles_at;
  }
  std::erase_if(wire_, [](const OnTheWire& request) { return !request.apply_at; });
  for (auto& [path, time] : unsettled_) time = settles_at;
}

void SimulatedDatabase::forgive(const std::set<std::string>& paths) {
  for (const std::string& path : paths) {
    // A straggler came, and what would have been sent again after it is gone.
    if (live_.contains(path) && live_[path] < newest_[path]) excused_.insert(path);
    newest_.erase(path);
    for (OnTheWire& request : wire_) request.unremembered.insert(path);
  }
}

}  // namespace firebase_relay::sim
