#pragma once

#include <string_view>

#include "archive/line.h"
#include "classify/routes.h"
#include "firebase_relay/fragment.h"
#include "relay/entry_filter.h"

namespace firebase_relay::relay {

/// Takes lines of an archive, which somebody may have written by hand: nothing but history goes out, and nothing that
/// the database would do something with instead of storing it.
///
/// Threads: one. Keeps which places are history's.
class EntryReader {
 public:
  /// `routes`: today's; not kept.
  explicit EntryReader(const classify::RouteTable& routes);

  /// Adds the entry of `line` to `block`, as it stands there: with its path and key. The count of a sealed file
  /// (`{"sealed":N}`) adds nothing. Empty: taken; else why not (static text), and nothing is added.
  std::string_view add(std::string_view line, FragmentBlock& block);

 private:
  std::string_view flaw_of(const archive::Line& line);

  EntryFilter places_;
};

}  // namespace firebase_relay::relay
