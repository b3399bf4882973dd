#include "deliver/arrivals.h"

#include "base/invariant.h"

namespace firebase_relay::deliver {

std::vector<Batch> Arrivals::take(std::uint64_t bytes_max) {
  std::vector<Batch> batches;
  for (std::size_t shed_class = 0; shed_class < kShedClassCount; ++shed_class) {
    std::uint64_t bytes = 0;  // of the batch that is being filled; 0: there is none
    for (HistoryRun& run : std::exchange(runs_[shed_class], {})) {
      if (bytes == 0 || bytes + run.text.size() > bytes_max) {
        batches.push_back({++last_batch_, static_cast<ShedClass>(shed_class), {}});
        bytes = 0;
      }
      invariant(run.text.size() <= bytes_, "more history becomes batches than arrived");
      bytes_ -= run.text.size();
      bytes += run.text.size();
      batches.back().runs.push_back(std::move(run));
    }
  }
  invariant(bytes_ == 0, "the bytes of history that arrived are counted wrongly");
  bytes_ = 0;
  oldest_.reset();
  first_ = kNoSequence;
  return batches;
}

}  // namespace firebase_relay::deliver
