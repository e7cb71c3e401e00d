#include "workers/beats.hpp"

#include <algorithm>
#include <cstring>

namespace ideamine::workers {

namespace {

// Of a worker that has not been heard of for so long nothing needs to be known.
constexpr Duration longest_kept = std::chrono::days{1};

}  // namespace

void Beats::begin(Time now) {
    if (since_ == Time{}) {
        since_ = now;
    }
}

// The last bytes of a version 7 UUID are random.
Beats::Bucket& Beats::bucket_of(const WorkerKey& key) {
    std::uint64_t random = 0;
    const auto& bytes = key.worker.bytes;
    std::memcpy(&random, bytes.data() + bytes.size() - sizeof(random), sizeof(random));
    return notes_[random % buckets];
}

Beats::Note* Beats::find(const WorkerKey& key) {
    auto& bucket = bucket_of(key);
    auto* const found = std::ranges::find(bucket, key, &Note::key);
    return found == bucket.end() ? nullptr : found;
}

const Beats::Note* Beats::find(const WorkerKey& key) const {
    return const_cast<Beats*>(this)->find(key);
}

bool Beats::note(const WorkerKey& key, Time written, Time now) {
    auto* note = find(key);
    if (note == nullptr) {
        note = &*std::ranges::min_element(bucket_of(key), {}, &Note::latest);
        const bool is_free =
            note->key == WorkerKey{} || saturating_add(note->latest, longest_kept) <= now;
        if (!is_free) {
            return false;
        }
    }
    if (note->key != key || note->written != written) {
        *note = {.key = key, .written = written, .latest = written};
    }
    note->latest = std::max(note->latest, now);
    return true;
}

bool Beats::extend(const WorkerKey& key, Time written, Time now) {
    auto* const note = find(key);
    if (note == nullptr || note->written != written) {
        return false;
    }
    note->latest = std::max(note->latest, now);
    return true;
}

Time Beats::latest(const WorkerKey& key, Time written) const {
    const auto* note = find(key);
    return note != nullptr && note->written == written ? note->latest : written;
}

Time Beats::latest_possible(const WorkerKey& key, Time written, Duration lag) const {
    return std::max(latest(key, written), std::min(saturating_add(written, lag), since_));
}

void Beats::forget(const WorkerKey& key) {
    if (auto* const note = find(key)) {
        *note = {};
    }
}

}  // namespace ideamine::workers
