#include "support/emulator.h"

#include <stdexcept>

namespace test_support {
namespace {

std::string in_url(const std::string& path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/";
  std::string url;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos)
      url += c;
    else
      url += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return url;
}

}  // namespace

Emulator::Emulator(const std::vector<std::string>& flags, const std::string& address) {
  std::vector<std::string> command = {built("tools/rtdb_emulator/rtdb-emulator"), "--listen", address};
  command.insert(command.end(), flags.begin(), flags.end());
  process_ = std::make_unique<Process>(command);
  url_ = process_->wait_for("listening on ");
}

nlohmann::json Emulator::get(const std::string& path) const {
  const Response response =
      http("GET", url_ + "/" + in_url(path) + ".json?ns=demo", {}, {"Authorization: Bearer owner"});
  if (response.status != 200)
    throw std::runtime_error("GET " + path + ": " + std::to_string(response.status) + " " + response.body);
  return nlohmann::json::parse(response.body);
}

nlohmann::json Emulator::entries(const std::string& place) const {
  constexpr std::size_t kDaySize = std::string_view("2026-11-28").size();
  nlohmann::json all = nlohmann::json::object();
  const nlohmann::json node = get(place);
  for (const auto& [key, below] : node.items()) {
    if (key.size() == kDaySize)
      all.update(below);
    else
      all[key] = below;
  }
  return all;
}

nlohmann::json Emulator::control(const std::string& method, const std::string& path, const nlohmann::json& body) const {
  const Response response = http(method, url_ + "/.test/" + path, body.is_null() ? "" : body.dump());
  if (response.status != 200)
    throw std::runtime_error(path + ": " + std::to_string(response.status) + " " + response.body);
  return response.body.empty() ? nlohmann::json() : nlohmann::json::parse(response.body);
}

}  // namespace test_support
