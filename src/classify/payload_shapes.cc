// Opening a payload: by a shape that was met before, else by a walk (payload.cc).
#include <algorithm>

#include "classify/payload.h"

namespace firebase_relay::classify {
namespace {

// A bus has a handful of shapes, times what its publishers leave out. More of them, or larger ones, are data.
constexpr std::size_t kShapesMax = 16;
constexpr std::size_t kShapeBytesMax = 16 * 1024;
constexpr std::size_t kScalarsMax = 512;
constexpr unsigned kRarely = 16;

}  // namespace

bool Payload::open(std::string_view bytes) {
  bytes_ = bytes;
  outer_.present = 0;
  inner_.present = 0;
  edits_.clear();
  if (recall()) return true;
  // Some publishers' libraries put one in front. It is no part of the message; the history's key is of all bytes.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes_.starts_with(kByteOrderMark)) {
    bytes_.remove_prefix(kByteOrderMark.size());
    if (recall()) return true;
  }
  is_enveloped_ = false;
  is_object_ = false;
  message_ = {};
  scalars_.clear();
  if (!walk()) return false;
  std::sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;  // a cut before what lies in it
  });
  remember();
  return true;
}

bool Payload::recall() {
  if (bytes_.size() > kShapeBytesMax * 4) return false;
  // Shapes that begin alike all look at a payload's beginning: no more of that in all than a parser looks at.
  std::size_t looks_left = 2 * bytes_.size();
  for (std::size_t i = 0; i < found_.size(); ++i) {
    std::size_t looked_at = 0;
    if (!found_[i]->shape.is_shape_of(bytes_, scalars_, looked_at)) {
      if (looked_at >= looks_left) return false;
      looks_left -= looked_at;
      continue;
    }
    std::swap(found_[0], found_[i]);
    fill_in(*found_[0]);
    return true;
  }
  return false;
}

void Payload::fill_in(const Found& found) {
  const auto place = [this](const Shape::Mark& mark) { return Shape::place_of(mark, scalars_); };
  is_object_ = true;
  is_enveloped_ = found.is_enveloped;
  message_ = found.message;
  message_.begin = place(found.message_begin);
  message_.end = place(found.message_end);
  for (const Found::Field& field : found.fields) {
    FieldSet& fields = field.is_inner ? inner_ : outer_;
    fields.present |= std::uint64_t{1} << field.id;
    Value& value = fields.values[field.id];
    value = field.value;
    if (field.scalar == Found::kNoScalar) {
      value.begin = place(field.begin);
      value.end = place(field.end);
    } else {
      const Scalar& scalar = scalars_[field.scalar];
      value.begin = scalar.begin;
      value.end = scalar.end;
      value.type = scalar.type;
    }
  }
}

/// Of a payload that was walked, and whose keys may stand as they are.
void Payload::remember() {
  if (!is_object_ || !edits_.empty() || bytes_.size() > kShapeBytesMax || scalars_.size() > kScalarsMax) return;
  // A flood of shapes that come once does not push those out that come again.
  if (found_.size() == kShapesMax && ++not_found_ % kRarely != 0) return;
  const auto mark = [this](std::uint32_t at) { return Shape::mark(at, scalars_); };
  auto found = std::make_unique<Found>(
      Found{Shape(bytes_, scalars_), is_enveloped_, mark(message_.begin), mark(message_.end), message_, {}});
  const auto add = [&](const FieldSet& fields, bool is_inner) {
    for (FieldId id = 0; id < kFieldsMax; ++id) {
      const Value* const value = fields.find(id);
      if (!value) continue;
      const auto scalar = std::find_if(scalars_.begin(), scalars_.end(), [&](const Scalar& one) {
        return one.begin == value->begin && one.end == value->end;
      });
      const std::uint32_t index =
          scalar == scalars_.end() ? Found::kNoScalar : static_cast<std::uint32_t>(scalar - scalars_.begin());
      found->fields.push_back({id, is_inner, index, mark(value->begin), mark(value->end), *value});
      found->fields.back().value.has_escapes = false;
    }
  };
  add(outer_, false);
  if (is_enveloped_) add(inner_, true);
  if (found_.size() == kShapesMax) found_.pop_back();
  found_.insert(found_.begin(), std::move(found));
}

}  // namespace firebase_relay::classify
