#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace test_support {

struct Response {
  int status = 0;                              ///< 0: no answer; `body` says why
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// One request, with a connection of its own. `headers`: "Name: value".
Response http(const std::string& method, const std::string& url, const std::string& body = {},
              const std::vector<std::string>& headers = {},
              std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace test_support
