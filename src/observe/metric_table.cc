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
     "Times without a subscription: what was published then is lost; and losses in a stream"},
    {"firebase_relay_stream_entries_lost_total", kCounter, "",
     "Entries of streams that were trimmed before they were read, as far as they can be counted"},
    {"firebase_relay_stream_entries", kGauge, "stream", "Entries that stand in the stream"},
    {"firebase_relay_stream_entries_behind", kGauge, "stream", "Entries of the stream that have not been read"},
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
    {"firebase_relay_answer_bytes_total", kCounter, "",
     "Bytes of the database's answers, heads and bodies: with what TLS takes besides, the relay's download"},
    {"firebase_relay_download_bytes_per_day", kGauge, "",
     "What answers come to in a day, at the rate of the last 24 hours; 0 in the first hour"},
    {"firebase_relay_history_removed_total", kCounter, "kind",
     "Days of a ticker or channel removed, since their route keeps no more of them"},
    {"firebase_relay_keep_due_seconds", kGauge, "",
     "Time for which removing what routes keep no more has been due and has not come to its end; 0: it has"},
    {"firebase_relay_keep_overdue", kGauge, "",
     "Days of a ticker or channel that are older than routes keep, and could not be removed"},
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
    {"firebase_relay_history_stored_bytes", kGauge, "",
     "History in the database, as far as this relay wrote it: keys and values, an estimate"},
    {"firebase_relay_history_growth_bytes_per_day", kGauge, "",
     "History that comes a day on balance, the mean of a week; 0 until a day is known"},
    {"firebase_relay_database_size_max_bytes", kGauge, "", "What the plan lets the database store; 0: no limit"},
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
    {"firebase_relay_archive_bytes", kGauge, "", "Size of the archive; 0 without one"},
    {"firebase_relay_archive_errors_total", kCounter, "",
     "Times that the archive could not be written, synced or sealed, was late, or lost lines"},
    {"firebase_relay_archive_writable", kGauge, "",
     "0 while the archive cannot be written: history goes to the database alone"},
    {"firebase_relay_archive_unsealed", kGauge, "",
     "Days of the archive that have a hole, or could not be sealed or taken in from a replay: they stay plain"},
    // The program
    {"firebase_relay_build_info", kGauge, "version", "1; the label says which version runs"},
    {"process_start_time_seconds", kGauge, "", "When the process started, in seconds since 1970"},
    {"process_cpu_seconds_total", kCounter, "", "Processor time used, in user and system mode"},
    {"process_resident_memory_bytes", kGauge, "", "Resident memory"},
};

}  // namespace

std::span<const MetricRow> metric_table() { return kTable; }

}  // namespace firebase_relay::observe
