#include "flush/json_keys.h"

#include <nlohmann/json.hpp>

namespace firebase_relay::flush {
namespace {

using Json = nlohmann::json;

/// Hears what the parser reads: only the keys of the outermost object are kept.
class OuterKeys final : public nlohmann::json_sax<Json> {
 public:
  std::vector<std::string> keys;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return depth_-- > 0; }
  bool start_array(std::size_t) override { return ++depth_ > 0; }
  bool end_array() override { return depth_-- > 0; }
  bool key(string_t& name) override {
    if (depth_ == 1) keys.push_back(std::move(name));
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  int depth_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> keys_of_object(std::string_view text) {
  OuterKeys outer;
  if (!Json::sax_parse(text, &outer)) return std::nullopt;
  return std::move(outer.keys);
}

}  // namespace firebase_relay::flush
