#include "observe/metric_table.h"

namespace firebase_relay::observe {
namespace {

constexpr auto kCounter = MetricType::kCounter;
constexpr auto kGauge = MetricType::kGauge;
constexpr auto kHistogram = MetricType::kHistogram;

constexpr MetricRow kTable[] = {
    // Redis
    {"firebase_relay_redis_connected", kGauge, "", "1 while subscribed to Redis"},
    {"firebase_relay_redis_reconnects_total", kCounter, "", "Subscriptions after a lost one"},
    {"firebase_relay_subscription_gaps_total", kCounter, "",
     "Times without a subscription: what was published then is lost"},
    {"firebase_relay_reading_paused_seconds_total", kCounter, "", "Time in which reading waited for room in the queue"},
    {"firebase_relay_messages_received_total", kCounter, "", "Messages read from Redis"},
    {"firebase_relay_messages_recovered_total", kCounter, "", "Messages found in the outbox at the start"},
    // Classification
    {"firebase_relay_queue_depth", kGauge, "", "Messages read and not yet taken by the flusher"},
    {"firebase_relay_queue_wait_seconds", kHistogram, "", "Time from a message's arrival until a worker took it"},
    {"firebase_relay_messages_classified_total", kCounter, "kind", "Messages a route was found for, by kind"},
    {"firebase_relay_history_key_fallbacks_total", kCounter, "",
     "History keys made without a usable time of the message"},
    {"firebase_relay_config_reloads_total", kCounter, "result", "Times the routes were read again, by how it ended"},
    // Delivery
    {"firebase_relay_messages_in_flight", kGauge, "", "Messages received or recovered and not yet accounted for"},
    {"firebase_relay_messages_delivered_total", kCounter, "kind", "Messages the database acknowledged"},
    {"firebase_relay_messages_coalesced_total", kCounter, "kind",
     "Messages without history whose live values were all overtaken before they were sent"},
    {"firebase_relay_messages_shed_total", kCounter, "kind", "Messages dropped at the outbox's limit"},
    {"firebase_relay_updates_coalesced_total", kCounter, "", "Live values overtaken before they were sent"},
    {"firebase_relay_patches_total", kCounter, "result", "PATCH requests by how they ended"},
    {"firebase_relay_patch_bytes_total", kCounter, "", "Bytes of request bodies sent"},
    {"firebase_relay_patch_paths_total", kCounter, "", "Paths sent"},
    {"firebase_relay_quota_exceeded_total", kCounter, "",
     "Requests sent in a minute in which live values alone took more than --max-mb-per-minute"},
    {"firebase_relay_invariants_broken_total", kCounter, "",
     "Times that delivery's books did not add up: a fault of the program"},
    {"firebase_relay_retries_total", kCounter, "reason", "Requests to be sent again, by reason"},
    {"firebase_relay_flush_duration_seconds", kHistogram, "", "Time from sending a PATCH to its answer"},
    {"firebase_relay_flush_paths", kHistogram, "", "Paths in one PATCH"},
    {"firebase_relay_flush_bytes", kHistogram, "", "Bytes of one PATCH's body"},
    {"firebase_relay_relay_lag_seconds", kHistogram, "", "Time from a message's arrival to its acknowledgement"},
    {"firebase_relay_event_lag_seconds", kHistogram, "", "Time from a message's own time to its acknowledgement"},
    {"firebase_relay_database_reachable", kGauge, "", "1 while the database answers"},
    {"firebase_relay_delivery_held", kGauge, "reason",
     "1 while delivery waits for a person, by what has to be put right"},
    {"firebase_relay_clock_skew_seconds", kGauge, "", "This machine's clock less the database's, by its Date"},
    // Disk
    {"firebase_relay_dead_letters_total", kCounter, "reason", "Messages set aside, by reason"},
    {"firebase_relay_dead_letters_evicted_total", kCounter, "", "Dead letters dropped at the file's limit"},
    {"firebase_relay_dead_letters_stored", kGauge, "", "Dead letters kept now"},
    {"firebase_relay_outbox_batches", kGauge, "", "Batches waiting in the outbox"},
    {"firebase_relay_outbox_bytes", kGauge, "", "Size of the outbox"},
    {"firebase_relay_outbox_limit_bytes", kGauge, "", "Size at which history is shed"},
    {"firebase_relay_outbox_oldest_seconds", kGauge, "", "Age of the oldest batch in the outbox; 0 when it is empty"},
    {"firebase_relay_outbox_writable", kGauge, "",
     "0 while the outbox cannot be written: what waits is in memory alone"},
    {"firebase_relay_outbox_errors_total", kCounter, "", "Operations of the outbox that failed"},
    // The program
    {"firebase_relay_build_info", kGauge, "version", "1; the label says which version runs"},
    {"process_start_time_seconds", kGauge, "", "When the process started, in seconds since 1970"},
    {"process_cpu_seconds_total", kCounter, "", "Processor time used, in user and system mode"},
    {"process_resident_memory_bytes", kGauge, "", "Resident memory"},
};

}  // namespace

std::span<const MetricRow> metric_table() { return kTable; }

}  // namespace firebase_relay::observe
