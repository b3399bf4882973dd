#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/command.h"
#include "support/emulator.h"

namespace test_support {

/// The line about Redis of `firebase-relay check`, from `ok` or `FAILED` on.
inline std::string checked(const std::string& redis_url, const Emulator& emulator,
                           const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"check", "--redis-url", redis_url, "--database-url", emulator.database_url()};
  words.insert(words.end(), more.begin(), more.end());
  const Ran check = run_relay_command(words);
  const std::size_t at = check.out.find("redis        ");
  EXPECT_NE(at, std::string::npos) << check.out << check.err;
  if (at == std::string::npos || at < 8) return check.out;
  return check.out.substr(at - 8, check.out.find('\n', at) - (at - 8));
}

}  // namespace test_support
