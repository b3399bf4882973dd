#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/secret.h"
#include "firebase_relay/result.h"

namespace firebase_relay {

/// Where containers get their secrets: the mode of a file there is the mount's, and the person's to change only
/// outside.
inline constexpr std::string_view kSecretMount = "/run/secrets/";

/// systemd's LoadCredential= puts them here, in a folder that only the service may enter. From version 254 on an ACL
/// lets the service read its file, and the group's bits of the mode are that ACL's mask.
inline constexpr std::string_view kCredentialMount = "/run/credentials/";

/// What is wrong with a secret's file: somebody but its owner may read or change it.
struct ModeFlaw {
  Error error;
  bool is_fatal;  ///< false: in a container's secret mount, where it is worth a warning
};
/// Judges a file by its real path, its mode, and what it lies on. Nothing: only its owner may read or change it.
std::optional<ModeFlaw> judge_mode(const std::string& file, mode_t mode, FileSystem on = FileSystem::kOther);

/// Is `text` no file's name but what stands in a key's file: JSON, the same in base64, or PEM?
bool looks_like_a_key(std::string_view text);

/// The name of a secret's file as an error may show it: not what neither names a file nor looks like a path, since
/// people give the secret itself where its file is expected.
std::string shown_name(const std::string& file);

/// What stands in a secret's file, and what a person should be warned of about it.
struct SecretFile {
  Secret content;
  std::optional<std::string> warning;
};
/// The whole of a small file that only its owner may read.
/// Errors: kInvalid, with the file's name and the fix: it cannot be read, is no file, is over 1 MiB, or others may read
/// it. Its content is in no error.
Result<SecretFile> read_secret_file(const std::string& file);

}  // namespace firebase_relay
