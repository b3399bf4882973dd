#include "classify/published_routes.h"

#include <algorithm>
#include <utility>

namespace firebase_relay::classify {

PublishedRoutes::PublishedRoutes(RouteTable table)
    : newest_(std::make_shared<const RouteTable>(std::move(table))), written_(written_paths(*newest_)) {}

std::optional<std::string> PublishedRoutes::replace(RouteTable table) {
  const std::vector<WrittenPath> paths = written_paths(table);
  if (auto clash = clash_between(written_, paths)) return clash;
  for (const WrittenPath& path : paths) {
    const auto same = [&](const WrittenPath& known) { return known.keys == path.keys; };
    if (std::none_of(written_.begin(), written_.end(), same)) written_.push_back(path);
  }
  auto next = std::make_shared<const RouteTable>(std::move(table));
  {
    const std::lock_guard lock(mutex_);
    newest_.swap(next);
  }
  version_.fetch_add(1, std::memory_order_release);
  return std::nullopt;
}

std::shared_ptr<const RouteTable> PublishedRoutes::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

CurrentWriter::CurrentWriter(const PublishedRoutes& routes, const WriterOptions& options)
    : routes_(routes), options_(options) {
  make();
}

BlockWriter& CurrentWriter::get() {
  if (routes_.version() != version_) make();
  return *writer_;
}

/// The version is asked first: a table that comes in between is then looked at once more, and never missed.
void CurrentWriter::make() {
  version_ = routes_.version();
  writer_.reset();
  table_ = routes_.newest();
  writer_ = std::make_unique<BlockWriter>(*table_, options_);
}

}  // namespace firebase_relay::classify
