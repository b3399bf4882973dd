#include "broker_sim/ledger.h"

#include <openssl/evp.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace broker_sim {
namespace {

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string from_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) throw std::runtime_error("a ledger's line holds no base64");
  // EVP_DecodeBlock counts the padding as bytes.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

LedgerWriter::LedgerWriter(const std::string& file) : name_(file), out_(file, std::ios::binary | std::ios::trunc) {
  if (!out_) throw std::runtime_error("cannot write the ledger " + file);
}

void LedgerWriter::add(const Publication& publication, std::int64_t at_ms) {
  out_ << R"({"n":)" << ++count_ << R"(,"channel_b64":")" << base64(publication.channel) << R"(","payload_b64":")"
       << base64(publication.payload) << R"(","at_ms":)" << at_ms << "}\n";
}

void LedgerWriter::close() {
  out_.close();
  if (!out_) throw std::runtime_error("cannot write the ledger " + name_);
}

void read_ledger(const std::string& file, const std::function<void(const Publication&, std::int64_t)>& take) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read the ledger " + file);
  std::string line;
  while (std::getline(in, line)) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    take({from_base64(entry.at("channel_b64").get<std::string>()),
          from_base64(entry.at("payload_b64").get<std::string>())},
         entry.at("at_ms").get<std::int64_t>());
  }
}

}  // namespace broker_sim
