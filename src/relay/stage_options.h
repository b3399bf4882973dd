#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "bus/stream_source.h"
#include "classify/block_writer.h"
#include "classify/known_names.h"
#include "flush/flusher.h"
#include "flush/patch_sender.h"
#include "observe/events.h"
#include "observe/metrics.h"
#include "relay/access.h"
#include "relay/options.h"

namespace firebase_relay::relay {

// What each stage is told of the options of a relay.

/// For the workers. `known_names` and `clock_ahead_seconds` are shared by them, and outlive them; `live`: whether live
/// values are written.
classify::WriterOptions writer_options(const Options& options, classify::KnownNames& known_names,
                                       const std::atomic<std::int64_t>& clock_ahead_seconds, bool live);
/// For a source that reads streams, but what the outbox has of them. `seed`: of its jitter.
bus::StreamSourceOptions stream_options(const Options& options, std::shared_ptr<const bus::TlsContext> tls,
                                        std::uint64_t seed);
/// For the flusher. `seed`: of its jitter.
flush::FlusherOptions flusher_options(const Options& options, std::uint64_t seed);
/// For the sender, whose credentials come from `access`. `seed`: of their jitter; `metrics` and `events` outlive it.
flush::SenderOptions sender_options(const Options& options, Access access, observe::Metrics& metrics,
                                    observe::Events& events, std::uint64_t seed);

}  // namespace firebase_relay::relay
