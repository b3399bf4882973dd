#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "rtdb_emulator/rest.h"

namespace rtdb_emulator {

/// A file of the page, compiled in from firebase/hosting (page_files.cc.in).
struct PageFile {
  std::string_view url_path;
  std::string_view type;
  std::string_view content;
};
std::span<const PageFile> page_files();

/// The page that shows `services` and `relay` as a phone sees them: a client like any other, which with the real
/// database is served by Firebase Hosting. Nothing at all other places.
std::optional<Response> page_at(std::string_view url_path);

}  // namespace rtdb_emulator
