#include "bus/stream_replies.h"

#include <hiredis/hiredis.h>

#include <algorithm>

namespace firebase_relay::bus {
namespace {

bool is_text(const redisReply& reply) { return reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS; }

std::string_view text_of(const redisReply& reply) {
  return is_text(reply) ? std::string_view(reply.str, reply.len) : std::string_view();
}

std::optional<std::uint64_t> number_of(const redisReply* reply) {
  if (reply == nullptr || reply->type != REDIS_REPLY_INTEGER || reply->integer < 0) return std::nullopt;
  return static_cast<std::uint64_t>(reply->integer);
}

std::optional<StreamId> id_of(const redisReply* reply) {
  if (reply == nullptr) return std::nullopt;
  return parse_stream_id(text_of(*reply));
}

/// Of an array of names and values by turns.
const redisReply* value_of(const redisReply& map, std::string_view name) {
  if (map.type != REDIS_REPLY_ARRAY) return nullptr;
  for (std::size_t i = 0; i + 1 < map.elements; i += 2)
    if (text_of(*map.element[i]) == name) return map.element[i + 1];
  return nullptr;
}

/// An entry is an array of its id and its fields.
std::optional<StreamId> id_of_entry(const redisReply* entry) {
  if (entry == nullptr || entry->type != REDIS_REPLY_ARRAY || entry->elements == 0) return std::nullopt;
  return id_of(entry->element[0]);
}

constexpr std::string_view kCommitScript = R"(
local function less(a, b) return #a < #b or (#a == #b and a < b) end
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if groups['err'] then
  if groups['err']:find('no such key', 1, true) then return false end
  return groups
end
for _, fields in ipairs(groups) do
  local group = {}
  for i = 1, #fields, 2 do group[fields[i]] = fields[i + 1] end
  if group['name'] == ARGV[1] then
    local before = group['last-delivered-id']
    local ms, seq = before:match('^(%d+)-(%d+)$')
    local is_before = less(ms, ARGV[2]) or (ms == ARGV[2] and less(seq, ARGV[3]))
    local is_there = ms == ARGV[2] and seq == ARGV[3]
    local is_free = group['pending'] == 0 and group['consumers'] == 0
    if is_free and (is_before or (is_there and ARGV[4] ~= '')) then
      local id = ARGV[2] .. '-' .. ARGV[3]
      if ARGV[4] == '' then
        redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], id)
      else
        redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], id, 'ENTRIESREAD', ARGV[4])
      end
    end
    return {before, group['consumers'], group['pending']}
  end
end
return false
)";

}  // namespace

std::optional<StreamInfo> read_stream_info(const redisReply& reply) {
  const auto length = number_of(value_of(reply, "length"));
  const auto last_generated = id_of(value_of(reply, "last-generated-id"));
  if (!length || !last_generated) return std::nullopt;
  return StreamInfo{*length, *last_generated, id_of_entry(value_of(reply, "first-entry")),
                    number_of(value_of(reply, "entries-added")), id_of(value_of(reply, "max-deleted-entry-id"))};
}

GroupAnswer read_group_info(const redisReply& reply, std::string_view name) {
  if (reply.type != REDIS_REPLY_ARRAY) return {};
  for (std::size_t i = 0; i < reply.elements; ++i) {
    const redisReply& group = *reply.element[i];
    const redisReply* const its_name = value_of(group, "name");
    if (its_name == nullptr) return {};
    if (text_of(*its_name) != name) continue;
    const auto last_delivered = id_of(value_of(group, "last-delivered-id"));
    if (!last_delivered) return {};
    return {true, GroupInfo{*last_delivered,
                            number_of(value_of(group, "entries-read")),
                            {number_of(value_of(group, "consumers")).value_or(0),
                             number_of(value_of(group, "pending")).value_or(0)}}};
  }
  return {true, std::nullopt};
}

HelloAnswer read_hello(const redisReply& reply) {
  const redisReply* const mode = value_of(reply, "mode");
  const redisReply* const role = value_of(reply, "role");
  return {mode != nullptr ? text_of(*mode) : std::string_view(), role != nullptr ? text_of(*role) : std::string_view()};
}

CommitAnswer read_commit(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_NIL) return {true, std::nullopt};
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 3) return {};
  const auto before = id_of(reply.element[0]);
  const auto consumers = number_of(reply.element[1]);
  const auto pending = number_of(reply.element[2]);
  if (!before || !consumers || !pending) return {};
  return {true, CommitAnswer::Group{*before, {*consumers, *pending}}};
}

std::string_view commit_script() { return kCommitScript; }

}  // namespace firebase_relay::bus
