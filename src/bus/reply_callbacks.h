#pragma once

#include <hiredis/read.h>

#include <cstddef>
#include <new>
#include <string_view>

#include "bus/hiredis_reader.h"

namespace firebase_relay::bus {

/// hiredis' object functions that make no object: a Parser is told of each text, array and integer as it is read, by
/// text(task, text), array(task, size) and integer(), which may be private where this is a friend. The views live for
/// the call only.
template <class Parser>
class ReplyCallbacks {
 public:
  /// A reader of one reply that tells `parser`, which must outlive it and stay where it is.
  static ReaderHandle make_reader(Parser& parser) {
    static constinit redisReplyObjectFunctions functions = make_functions();
    ReaderHandle reader(redisReaderCreateWithFunctions(&functions), redisReaderFree);
    if (!reader) throw std::bad_alloc();
    reader->privdata = &parser;
    return reader;
  }

 private:
  static Parser& parser_of(const redisReadTask* task) { return *static_cast<Parser*>(task->privdata); }

  // They return a pointer that must not be null and is never looked at.
  static void* on_string(const redisReadTask* task, char* bytes, std::size_t size) {
    parser_of(task).text(*task, {bytes, size});
    return task->privdata;
  }
  /// Size is what hiredis counts elements in: int in 0.14, size_t since 1.0.
  template <typename Size>
  static void* on_array(const redisReadTask* task, Size size) {
    parser_of(task).array(*task, static_cast<std::size_t>(size));
    return task->privdata;
  }
  static void* on_integer(const redisReadTask* task, long long) {
    parser_of(task).integer();
    return task->privdata;
  }
  static void* on_nil(const redisReadTask* task) { return task->privdata; }
  static void on_free(void*) {}

  /// By name, since hiredis 1.0 has two more, for types that only RESP3 has, between these. It does without them.
  static constexpr redisReplyObjectFunctions make_functions() {
    redisReplyObjectFunctions made{};
    made.createString = on_string;
    made.createArray = on_array;
    made.createInteger = on_integer;
    made.createNil = on_nil;
    made.freeObject = on_free;
    return made;
  }
};

}  // namespace firebase_relay::bus
