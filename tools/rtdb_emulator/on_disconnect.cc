#include "rtdb_emulator/on_disconnect.h"

#include <algorithm>

namespace rtdb_emulator {

void OnDisconnect::set(Path path, Node value) {
  cancel(path);
  writes_.emplace_back(std::move(path), std::move(value));
}

void OnDisconnect::update(const Path& path, Updates&& updates) {
  for (auto& [key, value] : updates) {
    Path below = path;
    for (std::string& piece : split_path(key)) below.push_back(std::move(piece));
    set(std::move(below), std::move(value));
  }
}

void OnDisconnect::cancel(const Path& path) {
  std::erase_if(writes_, [&](const auto& write) {
    return path.size() <= write.first.size() && std::equal(path.begin(), path.end(), write.first.begin());
  });
}

}  // namespace rtdb_emulator
