#include "rtdb_emulator/hash.h"

#include <openssl/evp.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "rtdb_emulator/query.h"

namespace rtdb_emulator {
namespace {

// civetweb's threads have 100 kB of stack, for 32 levels: what does not recurse stays out of the frames that do.
[[gnu::noinline]] std::string sha1_base64(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  unsigned char encoded[2 * EVP_MAX_MD_SIZE];
  const int length = EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
  return {encoded, encoded + length};
}

std::string number(double value) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "number:%016llx",
                static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)));
  return digits;
}

/// The text of which a leaf's hash is taken.
struct LeafText {
  std::string operator()(bool value) const { return value ? "boolean:true" : "boolean:false"; }
  std::string operator()(std::int64_t value) const { return number(static_cast<double>(value)); }
  std::string operator()(double value) const { return number(value); }
  std::string operator()(const std::string& value) const { return "string:" + value; }
  template <class Other>
  std::string operator()(const Other& /*not a leaf*/) const {
    return {};
  }
};

[[gnu::noinline]] std::string text_of_priority(const Node& node) {
  return node.priority ? "priority:" + std::visit(LeafText{}, node.priority->value) + ":" : std::string();
}

[[gnu::noinline]] std::string hash_of_leaf(const Node& node) {
  return sha1_base64(text_of_priority(node) + std::visit(LeafText{}, node.value));
}

}  // namespace

std::string hash_of(const Node& node) {
  if (node.is_empty()) return {};
  if (!node.children()) return hash_of_leaf(node);
  std::string text = text_of_priority(node);
  Query by_priority;
  by_priority.order_by = Query::OrderBy::kPriority;
  for (const auto* child : children_taken(by_priority, node)) {
    text += ':';
    text += child->first;
    text += ':';
    text += hash_of(child->second);
  }
  return sha1_base64(text);
}

}  // namespace rtdb_emulator
