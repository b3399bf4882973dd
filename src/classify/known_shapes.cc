#include "classify/known_shapes.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::classify {
namespace {

// A bus has a handful of shapes, times what its publishers leave out. More of them, or larger ones, are data.
constexpr std::size_t kShapesMax = 16;
constexpr std::size_t kShapeBytesMax = 16 * 1024;
constexpr std::size_t kScalarsMax = 512;
constexpr unsigned kRarely = 16;

}  // namespace

bool KnownShapes::recall(Opened& payload) {
  if (payload.bytes.size() > kShapeBytesMax * 4) return false;
  // Shapes that begin alike all look at a payload's beginning: no more of that in all than a parser looks at.
  std::size_t looks_left = 2 * payload.bytes.size();
  for (std::size_t i = 0; i < found_.size(); ++i) {
    std::size_t looked_at = 0;
    if (!found_[i]->shape.is_shape_of(payload.bytes, payload.scalars, looked_at)) {
      if (looked_at >= looks_left) return false;
      looks_left -= looked_at;
      continue;
    }
    std::swap(found_[0], found_[i]);
    fill_in(*found_[0], payload);
    return true;
  }
  return false;
}

void KnownShapes::fill_in(const Found& found, Opened& payload) {
  const std::vector<Scalar>& scalars = payload.scalars;
  const auto place = [&scalars](const Shape::Mark& mark) { return Shape::place_of(mark, scalars); };
  payload.is_object = true;
  payload.is_enveloped = found.is_enveloped;
  payload.message = found.message;
  payload.message.begin = place(found.message_begin);
  payload.message.end = place(found.message_end);
  for (const Found::Field& field : found.fields) {
    FieldSet& fields = field.is_inner ? payload.inner : payload.outer;
    fields.present |= std::uint64_t{1} << field.id;
    Value& value = fields.values[field.id];
    value = field.value;
    if (field.scalar == Found::kNoScalar) {
      value.begin = place(field.begin);
      value.end = place(field.end);
    } else {
      const Scalar& scalar = scalars[field.scalar];
      value.begin = scalar.begin;
      value.end = scalar.end;
      value.type = scalar.type;
    }
  }
}

void KnownShapes::remember(const Opened& payload) {
  const bool is_plain = payload.is_object && payload.edits.empty();  // its keys may stand as they are
  if (!is_plain || payload.bytes.size() > kShapeBytesMax || payload.scalars.size() > kScalarsMax) return;
  // A flood of shapes that come once does not push those out that come again.
  if (found_.size() == kShapesMax && ++not_found_ % kRarely != 0) return;
  auto found = std::make_unique<Found>(Found{Shape(payload.bytes, payload.scalars),
                                             payload.is_enveloped,
                                             Shape::mark(payload.message.begin, payload.scalars),
                                             Shape::mark(payload.message.end, payload.scalars),
                                             payload.message,
                                             {}});
  add_fields(payload, false, *found);
  if (payload.is_enveloped) add_fields(payload, true, *found);
  if (found_.size() == kShapesMax) found_.pop_back();
  found_.insert(found_.begin(), std::move(found));
}

void KnownShapes::add_fields(const Opened& payload, bool is_inner, Found& found) {
  const std::vector<Scalar>& scalars = payload.scalars;
  for (FieldId id = 0; id < kFieldsMax; ++id) {
    const Value* const value = (is_inner ? payload.inner : payload.outer).find(id);
    if (!value) continue;
    const auto scalar = std::find_if(scalars.begin(), scalars.end(), [value](const Scalar& one) {
      return one.begin == value->begin && one.end == value->end;
    });
    const std::uint32_t index =
        scalar == scalars.end() ? Found::kNoScalar : static_cast<std::uint32_t>(scalar - scalars.begin());
    found.fields.push_back(
        {id, is_inner, index, Shape::mark(value->begin, scalars), Shape::mark(value->end, scalars), *value});
    found.fields.back().value.has_escapes = false;
  }
}

}  // namespace firebase_relay::classify
