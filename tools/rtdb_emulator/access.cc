#include "rtdb_emulator/access.h"

#include <algorithm>
#include <string_view>

#include "rtdb_emulator/base64.h"
#include "rtdb_emulator/rules_verdict.h"

namespace rtdb_emulator {
namespace {

/// The user of an ID token: firebase.google.com/docs/auth/admin/verify-id-tokens. Nothing: it is none.
std::optional<Identity> user_of(std::string_view jwt) {
  const std::size_t head = jwt.find('.');
  const std::size_t body = head == std::string_view::npos ? head : jwt.find('.', head + 1);
  if (body == std::string_view::npos) return std::nullopt;
  const auto text = base64url_decoded(jwt.substr(head + 1, body - head - 1));
  auto claims = nlohmann::json::parse(text.value_or(""), nullptr, false);
  if (!claims.is_object()) return std::nullopt;
  Identity user{Identity::Kind::kUser, {}, std::nullopt};
  std::string uid;
  for (const char* name : {"sub", "user_id", "uid"}) {
    const auto found = claims.find(name);
    if (uid.empty() && found != claims.end() && found->is_string()) uid = found->get<std::string>();
  }
  if (uid.empty()) return std::nullopt;
  constexpr std::int64_t kMost = INT64_MAX / 1000;
  // The SDKs' mock tokens are made at 0, in 1970, and Firebase's own emulator lets them in.
  const bool has_times = claims.value("iat", nlohmann::json(1)) != 0;
  if (const auto end = claims.find("exp"); has_times && end != claims.end() && end->is_number_integer())
    user.expires_ms = std::clamp<std::int64_t>(end->get<std::int64_t>(), 0, kMost) * 1000;
  user.auth = {{"uid", std::move(uid)}, {"token", std::move(claims)}};
  return user;
}

}  // namespace

std::variant<Identity, Refusal> Access::identify(const Credential& credential, std::int64_t now_ms) const {
  const Identity admin{Identity::Kind::kAdmin, {}, std::nullopt};
  // Where everybody may do everything, nobody needs a credential that holds.
  const bool is_known_by_none = is_open() && !has_rules();
  {
    const std::lock_guard lock(switches_.tokens_mutex);
    for (const std::string* text : {&credential.token, &credential.auth}) {
      if (!text->empty() && switches_.revoked.contains(*text)) return Refusal{401, kTokenExpired};
    }
    const std::string& token = credential.token;
    if (token == "owner" || options_.tokens.contains(token) || switches_.accepted.contains(token)) return admin;
  }
  if (options_.secrets.contains(credential.auth)) return admin;
  if (!credential.auth.empty()) {
    auto user = user_of(credential.auth);
    if (!user && is_known_by_none) return Identity{};
    if (!user) return Refusal{401, "Could not parse auth token."};
    if (is_over(credential.auth, *user, now_ms)) return Refusal{401, kTokenExpired};
    return *std::move(user);
  }
  if (!credential.token.empty() && !is_known_by_none) return Refusal{401, "Unauthorized request."};
  return Identity{};
}

bool Access::is_over(const std::string& token, const Identity& user, std::int64_t now_ms) const {
  if (user.expires_ms && *user.expires_ms <= now_ms) return true;
  if (options_.token_seconds == 0) return false;
  const std::lock_guard lock(mutex_);
  const std::int64_t first_ms = first_use_ms_.try_emplace(token, now_ms).first->second;
  return now_ms - first_ms >= std::int64_t{options_.token_seconds} * 1000;
}

bool Access::is_open() const { return !options_.require_auth && !switches_.require_auth; }

bool Access::may_enter(const Identity& identity) const { return is_open() || identity.kind != Identity::Kind::kNobody; }

std::shared_ptr<const Rules> Access::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

void Access::set_rules(std::shared_ptr<const Rules> rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
}

bool Access::may_read(const Identity& identity, const Node& root, const Path& place) const {
  if (!may_enter(identity)) return false;
  const auto rules = this->rules();
  if (identity.kind == Identity::Kind::kAdmin || !rules) return true;
  return rules_allow_read(rules->top, identity.auth, root, place);
}

bool Access::may_write(const Identity& identity, const Node& root, const Writes& writes) const {
  if (!may_enter(identity)) return false;
  const auto rules = this->rules();
  if (identity.kind == Identity::Kind::kAdmin || !rules) return true;
  return rules_allow_write(rules->top, identity.auth, root, writes);
}

std::optional<Refusal> Access::refuse_without_index(const Query& query, const Path& place) const {
  const std::string index = index_of(query);
  const auto rules = this->rules();
  if (index.empty() || (rules && rules_have_index(rules->top, place, index))) return std::nullopt;
  return Refusal{
      400, "Index not defined, add \".indexOn\": \"" + index + "\", for path \"/" + join(place) + "\", to the rules"};
}

}  // namespace rtdb_emulator
