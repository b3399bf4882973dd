#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deliver/verdicts.h"
#include "flush/answer_head.h"
#include "flush/credentials.h"
#include "flush/curl_handle.h"
#include "flush/header_lines.h"
#include "flush/patch_sender.h"

namespace firebase_relay::flush {

/// One PATCH on its way. Its handle is never used again (4 us for a new one; connections belong to the multi handle):
/// libcurl 7.88 keeps a pointer into the last answer's headers, and a next answer that begins with a continued header
/// line makes it write there. Found by fuzzing.
///
/// Threads: the sender's. Errors: std::runtime_error when libcurl has no memory.
class Transfer {
 public:
  /// `options` must outlive it.
  explicit Transfer(const SenderOptions& options);
  ~Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// What is to be sent; its parts must live until finish().
  void begin(const Send& send, const Credential& credential, SteadyTime began);
  /// Likewise; the question need not live on.
  void begin(const Question& question, const Credential& credential, SteadyTime began);
  /// What is to be told of the request, now that libcurl has ended it with `code`.
  [[nodiscard]] PatchSender::Finished finish(CURLcode code) const;
  /// libcurl's handle, which stays this object's.
  [[nodiscard]] CURL* easy() const { return handle_.get(); }

 private:
  void begin_at(const std::string& url, const Credential& credential, SteadyTime began);
  [[nodiscard]] std::string certificate_flaw(CURLcode code) const;
  [[nodiscard]] bool is_from_a_database(const deliver::AnswerRule& rule) const;
  [[nodiscard]] bool is_answer_of_a_database(long status) const;
  [[nodiscard]] bool is_name_known() const;
  [[nodiscard]] std::uint64_t answer_bytes() const;
  [[nodiscard]] bool gives_back_what_was_sent() const;

  static std::size_t read(char* out, std::size_t size, std::size_t count, void* self);
  static std::size_t write(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t header(char* data, std::size_t size, std::size_t count, void* self);

  const SenderOptions& options_;
  CurlHandle handle_;
  RequestId request_ = Question::kRequest;
  std::string body_;  ///< a Question's
  std::string base_;  ///< the location, as the database's path it is
  std::vector<std::string_view> parts_;
  std::size_t part_ = 0;
  std::size_t offset_ = 0;
  std::string answer_;
  bool is_cut_off_ = false;  ///< there was more of the answer
  AnswerHead head_;
  SteadyTime began_;
  Credential credential_;
  HeaderLines headers_;
};

}  // namespace firebase_relay::flush
