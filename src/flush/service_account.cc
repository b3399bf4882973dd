#include "flush/service_account.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "flush/database_url.h"
#include "flush/jwt.h"

namespace firebase_relay::flush {
namespace {

constexpr const char* kRemedy =
    "take the JSON file that the Firebase console makes: Project settings, Service accounts, Generate new private key";

tl::unexpected<Error> wrong(std::string what) { return fail(ErrorCode::kInvalid, std::move(what), kRemedy); }

/// The DOM's copy of the key does not outlive its use.
struct Wiped {
  nlohmann::json json;
  ~Wiped() {
    if (!json.is_object()) return;
    if (const auto key = json.find("private_key"); key != json.end() && key->is_string())
      wipe(key->get_ref<std::string&>());
  }
};

}  // namespace

Result<ServiceAccount> parse_service_account(std::string_view json) {
  const Wiped key{nlohmann::json::parse(json, nullptr, false)};
  if (!key.json.is_object()) return wrong("not a JSON object");
  ServiceAccount account;
  const auto text_of = [&](const char* name) -> const std::string* {
    const auto found = key.json.find(name);
    if (found == key.json.end() || !found->is_string()) return nullptr;
    const auto& text = found->get_ref<const std::string&>();
    return text.empty() ? nullptr : &text;
  };
  if (const std::string* type = text_of("type"); type != nullptr && *type != "service_account")
    return wrong("\"type\" is not service_account: another kind of credentials");
  for (const char* name : {"type", "project_id", "client_email", "private_key", "token_uri"}) {
    if (text_of(name) == nullptr) return wrong(std::string("the member \"") + name + "\" is missing");
  }
  account.project_id = *text_of("project_id");
  account.client_email = *text_of("client_email");
  account.token_uri = *text_of("token_uri");
  account.private_key = Secret(std::string_view(*text_of("private_key")));
  if (const std::string* id = text_of("private_key_id")) account.private_key_id = *id;
  // The same forms as a database's address: https, or this very machine.
  if (!parse_database_url(account.token_uri, false)) return wrong("\"token_uri\" is no https:// URL");
  if (!is_rsa_key(account.private_key)) return wrong("\"private_key\" is no RSA key in PEM");
  return account;
}

}  // namespace firebase_relay::flush
