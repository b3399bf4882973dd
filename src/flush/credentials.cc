#include "flush/credentials.h"

#include <utility>

#include "base/secret_file.h"
#include "base/stray_character.h"

namespace firebase_relay::flush {
namespace {

tl::unexpected<Error> of_flag(const char* flag, const Error& error) {
  return fail(error.code, std::string(flag) + " " + error.what, error.remedy);
}

Result<Secret> read_auth_secret(const std::string& file, std::vector<std::string>& warnings) {
  constexpr const char* kFlag = "--auth-secret-file";
  Result<SecretFile> read = read_secret_file(file);
  if (!read) return of_flag(kFlag, read.error());
  if (read->warning) warnings.push_back(std::string(kFlag) + " " + *read->warning);
  std::string_view line = read->content.reveal();
  while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
  while (!line.empty() && static_cast<unsigned char>(line.front()) <= ' ') line.remove_prefix(1);
  if (const auto stray = stray_character(line)) {
    return fail(ErrorCode::kInvalid, std::string(kFlag) + " " + file + ": the secret " + std::string(stray->what),
                "write the secret alone into it, one line of letters and digits");
  }
  for (const char c : line) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) line = {};
  }
  if (line.empty()) {
    return fail(ErrorCode::kInvalid, std::string(kFlag) + " " + file + " does not hold one line, the secret",
                "take it from the Firebase console: Project settings, Service accounts, Database secrets");
  }
  return Secret(line);
}

}  // namespace

Result<ServiceAccount> read_account(const std::string& file, std::vector<std::string>& warnings) {
  constexpr const char* kFlag = "--credentials";
  Result<SecretFile> read = read_secret_file(file);
  if (!read) return of_flag(kFlag, read.error());
  if (read->warning) warnings.push_back(std::string(kFlag) + " " + *read->warning);
  Result<ServiceAccount> account = parse_service_account(read->content.reveal());
  if (!account)
    return fail(account.error().code, std::string(kFlag) + " " + file + ": " + account.error().what,
                account.error().remedy);
  return account;
}

Result<Credentials> read_credentials(const CredentialFiles& files, const DatabaseUrl& database) {
  Credentials credentials;
  if (database.emulator) {
    credentials.fixed.authorization = Secret(std::string_view("Bearer owner"));
  } else if (!files.account.empty()) {
    Result<ServiceAccount> account = read_account(files.account, credentials.warnings);
    if (!account) return error_of(account);
    credentials.account = std::move(*account);
  } else if (!files.secret.empty()) {
    Result<Secret> secret = read_auth_secret(files.secret, credentials.warnings);
    if (!secret) return error_of(secret);
    credentials.fixed.auth_parameter = std::move(*secret);
  }
  return credentials;
}

std::string without(std::string_view text, const Credential& credential) {
  constexpr std::string_view kBearer = "Bearer ";
  std::string_view token = credential.authorization.reveal();
  if (token.starts_with(kBearer)) token.remove_prefix(kBearer.size());
  std::string encoded;
  append_percent_encoded(encoded, credential.auth_parameter.reveal());
  const std::string shown =
      firebase_relay::without(firebase_relay::without(text, token), credential.auth_parameter.reveal());
  return firebase_relay::without(shown, Secret(std::move(encoded)).reveal());
}

Secret with_parameter(std::string url, const Credential& credential) {
  if (credential.auth_parameter.empty()) return Secret(std::move(url));
  const std::string_view secret = credential.auth_parameter.reveal();
  url.reserve(url.size() + 6 + 3 * secret.size());  // no copy is left behind by growing
  url += url.find('?') == std::string::npos ? "?auth=" : "&auth=";
  append_percent_encoded(url, secret);
  return Secret(std::move(url));
}

}  // namespace firebase_relay::flush
